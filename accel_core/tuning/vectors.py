"""The width of vectors with which a streaming loop is fastest here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial

import numpy as np

from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import Call
from accel_core.errors import WrongResult
from accel_core.kernels import widths
from accel_core.kernels.gelu.compiled import gelu_fused
from accel_core.kernels.gelu.workload import GELU
from accel_core.kernels.matmul.blocking import L2, TYPICAL_BYTES
from accel_core.kernels.verify import max_relative_error
from accel_core.model import ITEM_BYTES, Estimate
from accel_core.stats import LEAST_SAMPLES, ratio_interval
from accel_core.tuning.racing import turns

STREAM_SHARE = 1 / 2
"""Of L2 that the arrays fill on which the widths of vectors race."""
STREAM_SAMPLE_S = 0.01
"""Length of a sample there: a processor whose clock falls under wide vectors takes about 2/3 ms to raise it
again (Intel's Optimization Reference Manual, on Skylake Server), which is then little of the next sample."""


def best_width(
    dtype: str, cache_bytes: Mapping[str, int], budget_s: float, clocks: Clocks
) -> tuple[int, dict[int, Estimate]]:
    """Bits of the vectors that a streaming loop is fastest with, and time by rule / time of the others.

    Those derived, unless others are surely faster; (0, {}) where there is no choice.
    """
    usual = widths.usual()
    if not usual or len(widths.offered()) < 2:
        return 0, {}
    l2 = cache_bytes.get(L2, TYPICAL_BYTES[L2])
    calls = streams(int(l2 * STREAM_SHARE) // (2 * ITEM_BYTES[dtype]), dtype, widths.offered())
    samples = turns(calls, budget_s, clocks, LEAST_SAMPLES, STREAM_SAMPLE_S)
    others = [bits for bits in samples if bits != usual]
    gains = {b: ratio_interval(list(zip(samples[b], samples[usual], strict=True))) for b in others}
    return fastest_width(usual, gains), gains


def streams(length: int, dtype: str, every: Iterable[int]) -> dict[int, Call]:
    """Bits -> a call of the fused GELU with such vectors on the same arrays; WrongResult where one is wrong."""
    shape = (1, max(length, 1))
    (x,) = GELU.make_inputs(shape, dtype, int(np.random.default_rng().integers(1 << 31)))
    exact, y = GELU.reference(x), np.empty_like(x)
    calls: dict[int, Call] = {}
    for bits in every:
        y[...] = np.nan
        gelu_fused(x, y, bits)
        error = max_relative_error(y, exact)
        if not error <= GELU.tolerance(shape, dtype):
            raise WrongResult(f"GELU of {length} {dtype} with vectors of {bits} bits is wrong by {error:.1e}.")
        calls[bits] = partial(gelu_fused, x, y, bits)
    return calls


def fastest_width(usual: int, gains: Mapping[int, Estimate]) -> int:
    """The width of the greatest of the `gains` that are surely gains, else the `usual` one."""
    sure = [bits for bits, gain in gains.items() if gain.low is not None and gain.low > 1]
    return max(sure, key=lambda bits: gains[bits].median, default=usual)
