"""Denormal numbers: the same products of numbers near 1, and of numbers too small for a full mantissa."""

from __future__ import annotations

from functools import partial

import numpy as np

from accel_core.bench.clocks import Clocks
from accel_core.bench.trials.both_ways import disturbed, kept, require, samples_of
from accel_core.model import Trial

ELEMENTS = 16_384
"""Two arrays of 64 KiB: no memory is waited for, and a call is long beside what NumPy needs to begin."""
FACTOR = 0.75
TINY = 2.0**-128
"""1 to 2 times this is below 2^-126, the smallest float32 with a full mantissa, before and after FACTOR."""


def trial(budget_s: float, threads: int, clocks: Clocks) -> Trial:
    """float32 numbers from 1 to 2, and the same times TINY, each multiplied by FACTOR."""
    usual = 1 + np.random.default_rng().random(ELEMENTS).astype(np.float32) / 2
    samples, reasons = [], []
    for scale in (1.0, TINY):
        exact = usual.astype(np.float64) * scale
        x = exact.astype(np.float32)
        out = np.empty_like(x)
        call = partial(np.multiply, x, np.float32(FACTOR), out=out)
        call()
        # a denormal number is rounded to a multiple of 2^-149; one flushed to zero is off by all of it
        require("denormal", out.astype(np.float64), exact * FACTOR, 2.0**-20)
        samples.append(samples_of(call, budget_s / 2, clocks))
        reasons.append(disturbed(samples[-1], clocks))
    right, wrong = samples
    products = f"{ELEMENTS} float32 products"
    return Trial(
        "denormal",
        f"{products} of numbers from 1 to 1.5",
        f"{products} of numbers from 1 to 1.5 times 2^-128",
        right.times_s,
        wrong.times_s,
        next(filter(None, reasons), ""),
        (kept(right), kept(wrong)),
    )
