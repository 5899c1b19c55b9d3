"""Models of the scientific kernels of the first roofline paper: sparse product, stencil, Fourier transform."""

from __future__ import annotations

from fractions import Fraction
from math import log2, prod

from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_WILLIAMS = (
    "S. Williams, A. Waterman and D. Patterson, Roofline: An Insightful Visual Performance Model for Multicore "
    "Architectures, CACM 52(4), 2009"
)
_UNSEEN = (
    "that secondary texts report of the first roofline paper (Williams, Waterman, Patterson, CACM 52(4), 2009)"
)
"""The paper's own lines on these two were not at hand: the numbers follow from the formula."""
_BENCHFFT = "5 n log2 n FLOP are benchFFT's convention (M. Frigo and S. G. Johnson, fftw.org/speed/method.html)"
_INDEX_BYTES = 4  # row pointers and column indices are 32-bit integers: 0.17 FLOP/B asks for that


def _spmv_csr(shape: Shape, item: int) -> Work:
    """y = a x for a square sparse a; a row without entries costs its pointer and its zero in y."""
    rows, nnz, block = shape
    values = Array("values", (nnz,), item)
    indices = Array("indices", (-(-nnz // block),), _INDEX_BYTES)
    pointers = Array("pointers", (rows + 1,), _INDEX_BYTES)
    x, y = Array("x", (min(rows, nnz),), item), Array("y", (rows,), item)
    inputs = (values, indices, pointers, x)
    return Work(2 * nnz, f"2·{nnz}", inputs, (y,), (Pass(tuple((a, 1) for a in inputs), ((y, 1),)),))


def _stencil7(shape: Shape, item: int) -> Work:
    """Six additions and two products a point; neighbours come from cache; periodic: all points change."""
    a, b = Array("a", shape, item), Array("b", shape, item)
    points = "·".join(map(str, shape))
    return Work(8 * prod(shape), f"8·{points}", (a,), (b,), (Pass(((a, 1),), ((b, 1),)),))


def _fft_flop(n: int) -> int:
    """5 n log2 n, exact where n is a power of two, else to the nearest integer."""
    if n < 2:
        return 0
    if n & (n - 1) == 0:
        return 5 * n * (n.bit_length() - 1)
    return round(5 * n * Fraction(log2(n)))


def _fft(shape: Shape, item: int) -> Work:
    """Out of place and in one pass over memory: right while one transform fits in the cache."""
    (n,) = shape
    x, y = Array("x", (n,), 2 * item), Array("y", (n,), 2 * item)
    return Work(_fft_flop(n), f"5·{n}·log2 {n}", (x,), (y,), (Pass(((x, 1),), ((y, 1),)),))


def _fft3d(shape: Shape, item: int) -> Work:
    """In place; `passes` sweeps over the volume: 3 (a dimension each), 2 where a plane fits in fast memory."""
    *sides, passes = shape
    x = Array("x", tuple(sides), 2 * item)
    step = Pass(((x, 1),), ((x, 1),))
    points = "·".join(map(str, sides))
    return Work(_fft_flop(prod(sides)), f"5·{points}·log2({points})", (x,), (x,), (step,) * passes)


SCIENTIFIC = (
    Model(
        "spmv_csr",
        "Sparse matrix times vector, compressed rows",
        "y = a x, a (rows, rows) with nnz entries",
        "2·nnz",
        (
            Axis("rows", 1_000_000, "rows and columns of a"),
            Axis("nnz", 50_000_000, "stored entries of a"),
            Axis("block", 1, "neighbouring entries of a row that share a column index", low=1),
        ),
        _spmv_csr,
        f"derived from the formula, with column indices and row pointers of 4 bytes; in float64 it agrees with "
        f"0.17 FLOP/B, and 0.25 with register blocks, in {_WILLIAMS}",
    ),
    Model(
        "stencil7",
        "7-point stencil in three dimensions (heat equation)",
        "b[i,j,k] = α a[i,j,k] + β (sum of the six neighbours in a)",
        "8·nx·ny·nz",
        (Axis("nx", 256, "points"), Axis("ny", 256, "points"), Axis("nz", 256, "points")),
        _stencil7,
        "derived from the formula: in float64 8 FLOP for 16 bytes, 0.50 FLOP/B, or for 24 with write-allocate, "
        f"0.33; the range {_UNSEEN}",
    ),
    Model(
        "fft",
        "Fourier transform of one complex vector",
        "y = DFT(x), x complex (n)",
        "5·n·log2 n",
        (Axis("n", 1 << 20, "complex points"),),
        _fft,
        f"{_BENCHFFT}; Lawrence Berkeley National Laboratory, Roofline introduction: at least 48 n bytes with "
        "write-allocate in float64, so 0.104 log2 n FLOP/B",
    ),
    Model(
        "fft3d",
        "Fourier transform of a complex volume, in place",
        "x = DFT(x), x complex (nx, ny, nz)",
        "5·N·log2 N, N = nx·ny·nz",
        (
            Axis("nx", 128, "complex points"),
            Axis("ny", 128, "complex points"),
            Axis("nz", 128, "complex points"),
            Axis("passes", 3, "sweeps over the whole volume", low=1, high=3),
        ),
        _fft3d,
        f"{_BENCHFFT}; bytes derived from the formula: in float64 128³ points give 1.09 FLOP/B in three passes "
        f"and 1.64 in two, the range {_UNSEEN}",
    ),
)
