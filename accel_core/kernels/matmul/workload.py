"""Workload matmul: the product of a (m, k) and b (k, n), its float64 reference, and its ladder of kernels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.kernels.matmul.ladder import KERNELS
from accel_core.model import Array, Shape, Workload
from accel_core.model.words import sum_tolerance


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


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of k products, relative to the largest entry of c.

    The worst case is |error| <= gamma_k |a| |b| with gamma_k = k u / (1 - k u) (Higham, Accuracy and
    Stability of Numerical Algorithms, 2nd ed. 2002, section 3.5). For entries of mean zero it is, with high
    probability, a small constant times u |a| |b| (see `sum_tolerance`).
    Uniform in [-1, 1), an entry of |a| |b| is about k / 4 and one of c has standard deviation sqrt(k) / 3,
    hence the root; 16 leaves room for c of a few entries. One product a[i, p] b[p, j] left out is tens of
    times larger at every size offered, in float32 too.
    """
    return sum_tolerance(shape[1], dtype)


_LOOPS = """
for i in prange(m):
    for j in range(n):
        total = 0.0
        for p in range(k):
            total += a[i, p] * b[p, j]
        out[i, j] = total
"""

MATMUL = Workload(
    name="matmul",
    title="Matrix product",
    size_means="side of three square matrices",
    axes=("m", "k", "n"),
    shape=lambda size: (size, size, size),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("matmul"),
    least_bytes=least_bytes_of("matmul"),
    tolerance=_tolerance,
    kernels=KERNELS,
    sizes=(64, 128, 256, 512, 1000, 1023, 1024, 1025, 2048, 4096),
    default_size=256,
    question="how many times faster is the library than three Python loops?",
    array_elements=lambda shape: shape[0] * shape[2],
    inputs=(Array("a", ("m", "k")), Array("b", ("k", "n"))),
    output=Array("out", ("m", "n")),
    formula="out[i, j] is the sum of a[i, p] * b[p, j] over all p",
    loops=_LOOPS,
)
