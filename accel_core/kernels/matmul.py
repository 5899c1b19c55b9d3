"""Workload matmul: the product of a (m, k) and b (k, n), its float64 reference, and its ladder of kernels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import matmul_compiled, matmul_interpreted, matmul_library
from accel_core.model import Kernel, Parameter, Shape, Workload

_BLOCKS = (4, 8, 16, 32, 64, 128, 256, 512, 1024)
_LARGEST_BLOCK = 32768
"""As large as the largest size: a block that no size exceeds is one tile, which is no tiling at all."""
_TILE_CALL_S = 4e-6
"""One slice-multiply-add of NumPy on a slow core, whatever the size of the tile."""


def _shape(size: int) -> Shape:
    return (size, size, size)


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray]:
    """a (m, k) and b (k, n), uniform in [-1, 1): with random signs no constant or swapped index passes."""
    m, k, n = shape
    random = np.random.default_rng(seed)
    a = random.uniform(-1.0, 1.0, (m, k)).astype(dtype)
    b = random.uniform(-1.0, 1.0, (k, n)).astype(dtype)
    return a, b


def _reference(a: NDArray, b: NDArray) -> NDArray:
    """a (m, k), b (k, n) -> (m, n) float64. The tests hold it against exact sums (`math.fsum`)."""
    return a.astype(np.float64) @ b.astype(np.float64)


def _flop(shape: Shape) -> int:
    """2 m k n: one multiplication and one addition for each of the m k n triples."""
    m, k, n = shape
    return 2 * m * k * n


def _least_bytes(shape: Shape, dtype: str) -> int:
    """a and b read once, c written once."""
    m, k, n = shape
    return np.dtype(dtype).itemsize * (m * k + k * n + m * n)


def _tolerance(shape: Shape, dtype: str) -> float:
    """16 u sqrt(k), with u the unit roundoff of `dtype`: an error relative to the largest entry of c.

    The worst case is |error| <= gamma_k |a| |b| with gamma_k = k u / (1 - k u) (Higham, Accuracy and
    Stability of Numerical Algorithms, 2nd ed. 2002, section 3.5). For entries of mean zero it is, with high
    probability, a small constant times u |a| |b| (Higham and Mary, SIAM J. Sci. Comput. 42(5), 2020, A3427).
    Uniform in [-1, 1), an entry of |a| |b| is about k / 4 and one of c has standard deviation sqrt(k) / 3,
    hence the root; 16 leaves room for c of a few entries. One product a[i, p] b[p, j] left out is tens of
    times larger at every size offered, in float32 too.
    """
    unit_roundoff = float(np.finfo(dtype).eps) / 2
    return 16 * unit_roundoff * math.sqrt(max(shape[1], 1))


def _predict_numpy_tiled_s(shape: Shape, parameters: Mapping[str, int]) -> float:
    tiles = math.prod(-(-length // parameters["block"]) for length in shape)
    return tiles * _TILE_CALL_S + _flop(shape) / 1e10


def _block(default: int, idea: str) -> Parameter:
    return Parameter("block", default, 1, _LARGEST_BLOCK, _BLOCKS, idea)


_KERNELS = (
    Kernel(
        name="python_loops",
        title="Python loops over arrays",
        function=matmul_interpreted.matmul_python_loops,
        core=matmul_interpreted.python_loops,
        family="interpreted",
        idea="The definition, written as three loops.",
        explanation=(
            "Every a[i, p] makes a Python object for one number, and the interpreter decides anew what * "
            "and + mean. This is often blamed on cache misses; it is as slow where both matrices fit in the "
            "nearest cache: what it waits for is the interpreter."
        ),
        typical_flop_per_s=4e6,
    ),
    Kernel(
        name="python_lists",
        title="Python loops over lists",
        function=matmul_interpreted.matmul_python_lists,
        core=matmul_interpreted.python_lists,
        family="interpreted",
        idea="The arrays become lists of floats before the same three loops run.",
        explanation=(
            "A list already holds Python objects, so no number has to be wrapped up when it is read: most "
            "of the time of the rung before went into that. The price of the conversion is included, and it "
            "vanishes beside the loops. Python's only float is the double, so float32 sums are rounded "
            "once, at the end."
        ),
        typical_flop_per_s=3e7,
    ),
    Kernel(
        name="compiled_ijk",
        title="Compiled loops, ijk",
        function=matmul_compiled.matmul_compiled_ijk,
        core=matmul_compiled.compiled_ijk.py_func,
        family="compiled",
        idea="The same three loops over arrays are compiled to machine code by Numba.",
        explanation=(
            "The interpreter is gone, and now the memory shows: the innermost loop walks down a column of "
            "b, each step in another cache line, so the speed falls as the matrices outgrow one cache after "
            "the other. Power-of-two sizes fall furthest, because steps of such a length land in few sets "
            "of the cache: 1024 is far slower than 1000. Each sum is one chain of additions in the written "
            "order, which floating-point rules do not let the compiler split over vector lanes; no "
            "fast-math switch is used to hide that."
        ),
        typical_flop_per_s=3e8,
        changed_from="python_loops",
    ),
    Kernel(
        name="compiled_tiled",
        title="Compiled loops, ijk over tiles",
        function=matmul_compiled.matmul_compiled_tiled,
        core=matmul_compiled.compiled_tiled.py_func,
        family="compiled",
        idea="The compiled ijk nest runs over small tiles, so a tile of b stays cached until it is used again.",
        explanation=(
            "Here blocking is about caches, and its curve has a best block: too small, and starting a tile "
            "costs more than the tile; too large, and the tile of b falls out of the cache. The limit is "
            "often not the capacity: at power-of-two sizes the rows of a tile land in few sets of the "
            "cache, and a tile with more rows than those sets have ways evicts itself. That is why 1000 "
            "has a larger best block than 1024."
        ),
        typical_flop_per_s=2e9,
        parameters=(_block(16, "Side of a square tile."),),
    ),
    Kernel(
        name="compiled_ikj",
        title="Compiled loops, ikj",
        function=matmul_compiled.matmul_compiled_ikj,
        core=matmul_compiled.compiled_ikj.py_func,
        family="compiled",
        idea="The two inner loops change places, so the innermost one runs along rows of b and c.",
        explanation=(
            "Neighbours in memory are now neighbours in time: every byte of a cache line is used, the "
            "prefetcher keeps up, and because the entries of a row of c are independent sums the compiler "
            "may work on a whole vector of them at once. Nothing is reordered inside any one sum."
        ),
        typical_flop_per_s=1.5e10,
        changed_from="compiled_ijk",
    ),
    Kernel(
        name="numpy_tiled",
        title="NumPy tile by tile",
        function=matmul_library.matmul_numpy_tiled,
        core=matmul_library.numpy_tiled,
        family="numpy",
        idea="Each tile product is done by NumPy's @, and Python walks over the tiles.",
        explanation=(
            "The speed rises all the way to no tiling at all, so there is no best block here: the library "
            "already blocks for the caches, and what a larger block buys is more work for each Python call. "
            "A curve like this one says nothing about caches; hold it against the compiled tiles."
        ),
        typical_flop_per_s=1e10,
        changed_from="compiled_tiled",
        parameters=(_block(64, "Side of a square tile; each tile is one call of the library."),),
        predict_s=_predict_numpy_tiled_s,
    ),
    Kernel(
        name="numpy",
        title="NumPy (BLAS)",
        function=matmul_library.matmul_numpy,
        family="library",
        idea="One call hands the whole product to the library behind NumPy.",
        explanation=(
            "The library packs panels of both matrices for each cache level and keeps a block of c in "
            "vector registers, so that nearly every cycle starts fused multiply-adds; it can use all cores."
        ),
        typical_flop_per_s=3e10,
        threaded=True,
    ),
)

MATMUL = Workload(
    name="matmul",
    title="Matrix product",
    size_means="side of three square matrices",
    axes=("m", "k", "n"),
    shape=_shape,
    make_inputs=_make_inputs,
    reference=_reference,
    flop=_flop,
    least_bytes=_least_bytes,
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=(64, 128, 256, 512, 1000, 1023, 1024, 1025, 2048, 4096),
    default_size=256,
    array_elements=lambda shape: shape[0] * shape[2],
)
