"""Models of the row-wise and element-wise pieces of a transformer: GELU, softmax, layer norm."""

from __future__ import annotations

from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_ROWS = (
    Axis("rows", 1024, "rows, each normalised by itself"),
    Axis("columns", 1024, "entries of a row", low=1),
)
_GELU = (
    "D. Hendrycks and K. Gimpel, Gaussian Error Linear Units, arXiv:1606.08415 (2016), tanh form; hand count"
)

GELU_STEPS = (
    # (array written, arrays read, FLOP for each element, what it is)
    ("cube", ("x",), 2, "x·x·x"),
    ("scaled", ("cube",), 1, "0.044715·cube"),
    ("inner", ("x", "scaled"), 1, "x + scaled"),
    ("argument", ("inner",), 1, "√(2/π)·inner"),
    ("tanh", ("argument",), 1, "tanh(argument)"),
    ("plus_one", ("tanh",), 1, "1 + tanh"),
    ("half", ("x",), 1, "0.5·x"),
    ("y", ("half", "plus_one"), 1, "half·plus_one"),
)
"""y = 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³))) in eight named steps, one array each."""

_GELU_FLOP = sum(flop for _, _, flop, _ in GELU_STEPS)


def _gelu(shape: Shape, item: int, fused: bool) -> Work:
    (n,) = shape
    names = ("x", *(name for name, *_ in GELU_STEPS))
    array = {name: Array(name, (n,), item) for name in names}
    x, y = array["x"], array["y"]
    steps = tuple(
        Pass(tuple((array[r], 1) for r in reads), ((array[name], 1),)) for name, reads, *_ in GELU_STEPS
    )
    return Work(
        _GELU_FLOP * n, f"{_GELU_FLOP}·{n}", (x,), (y,), (Pass(((x, 1),), ((y, 1),)),) if fused else steps
    )


def _softmax(shape: Shape, item: int) -> Work:
    """Three passes: the maximum; the sum of exp(x - maximum); the quotients, with that exp once more."""
    rows, columns = shape
    x, y = Array("x", (rows, columns), item), Array("y", (rows, columns), item)
    passes = (Pass(((x, 1),)), Pass(((x, 1),)), Pass(((x, 1),), ((y, 1),)))
    return Work(rows * (5 * columns - 2), f"{rows}·(5·{columns} - 2)", (x,), (y,), passes)


def _layer_norm(shape: Shape, item: int) -> Work:
    """Three passes: mean (C FLOP a row); variance (3 C) and 1/√(variance + ε) (3); scaling and shift (4 C)."""
    rows, columns = shape
    x, y = Array("x", (rows, columns), item), Array("y", (rows, columns), item)
    gamma, beta = Array("gamma", (columns,), item), Array("beta", (columns,), item)
    last = Pass(((x, 1), (gamma, 1), (beta, 1)), ((y, 1),))
    passes = (Pass(((x, 1),)), Pass(((x, 1),)), last)
    return Work(rows * (8 * columns + 3), f"{rows}·(8·{columns} + 3)", (x, gamma, beta), (y,), passes)


_ELEMENTS = (Axis("n", 4_000_000, "elements"),)

NEURAL = (
    Model(
        "gelu_steps",
        "GELU in eight named steps, each an array",
        "y = 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
        f"{_GELU_FLOP}·n (tanh counted as one)",
        _ELEMENTS,
        lambda s, i: _gelu(s, i, fused=False),
        _GELU,
    ),
    Model(
        "gelu",
        "GELU in one loop",
        "y = 0.5 x (1 + tanh(√(2/π) (x + 0.044715 x³)))",
        f"{_GELU_FLOP}·n (tanh counted as one)",
        _ELEMENTS,
        lambda s, i: _gelu(s, i, fused=True),
        _GELU,
    ),
    Model(
        "softmax",
        "Softmax of each row, with the maximum taken off first",
        "y = exp(x - max x) / sum exp(x - max x)",
        "rows·(5·columns - 2): maximum, difference, exp, sum, quotient, each counted once",
        _ROWS,
        _softmax,
        "M. Milakov and N. Gimelshein, Online normalizer calculation for softmax, arXiv:1805.02867 (2018): "
        "safe softmax makes four memory accesses for each element",
    ),
    Model(
        "layer_norm",
        "Layer norm of each row",
        "y = gamma (x - mean) / √(variance + ε) + beta",
        "rows·(8·columns + 3)",
        _ROWS,
        _layer_norm,
        "J. L. Ba, J. R. Kiros and G. E. Hinton, Layer Normalization, arXiv:1607.06450 (2016); hand count",
    ),
)
