"""Models of operations on vectors: each element is used once, so intensity does not depend on the length."""

from __future__ import annotations

from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_STREAM = "J. D. McCalpin, STREAM 5.10 (stream.c): bytes per iteration 16 (scale), 24 (add, triad) in float64"
_BLAS = "C. L. Lawson et al., Basic Linear Algebra Subprograms for Fortran Usage, ACM TOMS 5 (1979); hand count"
_N = (Axis("n", 1_000_000, "elements of each vector"),)


def _writing(shape: Shape, item: int, names: str, per_element: int) -> Work:
    """`names`: the vectors that are read and, last, the one that is written."""
    (n,) = shape
    *sources, target = (Array(name, (n,), item) for name in names)
    step = Pass(tuple((source, 1) for source in sources), ((target, 1),))
    text = f"{per_element}·{n}" if per_element != 1 else f"{n}"
    return Work(per_element * n, text, tuple(sources), (target,), (step,))


def _updating(shape: Shape, item: int, per_element: int) -> Work:
    """y is read, changed and written back, so that no line is allocated."""
    (n,) = shape
    x, y = Array("x", (n,), item), Array("y", (n,), item)
    text = f"{per_element}·{n}" if per_element != 1 else f"{n}"
    return Work(per_element * n, text, (x, y), (y,), (Pass(((x, 1), (y, 1)), ((y, 1),)),))


def _dot(shape: Shape, item: int) -> Work:
    (n,) = shape
    x, y = Array("x", (n,), item), Array("y", (n,), item)
    return Work(2 * n, f"2·{n}", (x, y), (), (Pass(((x, 1), (y, 1))),))


ELEMENTWISE = (
    Model("add", "Add two vectors", "c = a + b", "n", _N, lambda s, i: _writing(s, i, "abc", 1), _STREAM),
    Model("scale", "Scale a vector", "b = q a", "n", _N, lambda s, i: _writing(s, i, "ab", 1), _STREAM),
    Model("triad", "STREAM triad", "a = b + q c", "2·n", _N, lambda s, i: _writing(s, i, "bca", 2), _STREAM),
    Model(
        "increment",
        "Add a vector to another in place",
        "y += x",
        "n",
        _N,
        lambda s, i: _updating(s, i, 1),
        "Lawrence Berkeley National Laboratory, Roofline introduction: N FLOP / 24 N bytes = 0.0417 in float64",
    ),
    Model(
        "axpy",
        "Add a scaled vector in place (BLAS axpy)",
        "y += a x",
        "2·n",
        _N,
        lambda s, i: _updating(s, i, 2),
        _BLAS,
    ),
    Model("dot", "Dot product (the sum stays in a register)", "s = sum x[i] y[i]", "2·n", _N, _dot, _BLAS),
)
