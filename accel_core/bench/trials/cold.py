"""No warm-up: the first call of a function that was never compiled, beside its later calls."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numba
import numpy as np

from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import time_from
from accel_core.bench.starts import series
from accel_core.bench.trials.both_ways import disturbed, kept, require, samples_of
from accel_core.model import Trial

ELEMENTS = 100_000
FRESH = 9
"""Functions that are called for the first time: from seven on a quotient of medians has an interval."""


def _total(x: Any) -> float:
    """x (n,) -> its sum."""
    total = 0.0
    for i in range(x.size):
        total += x[i]
    return total


def _keep(found: list[float], call: Callable[[], float]) -> None:
    found.append(call())


def trial(budget_s: float, threads: int, clocks: Clocks) -> Trial:
    """One loop, made anew FRESH times: what each first call takes, and what later ones do.

    A first call cannot be checked before it is timed; its time is dropped where its result is wrong.
    """
    x = np.random.default_rng().random(ELEMENTS)
    expected = math.fsum(x)
    began_s, first_s = [], []
    for _ in range(FRESH):
        function = numba.njit(_total)  # without a cache on disk: there is nothing to load
        found: list[float] = []
        start_s, took_s, _ = time_from(partial(_keep, found, partial(function, x)), 1, clocks)
        require("cold", found.pop(), expected, 1e-9)
        began_s.append(start_s)
        first_s.append(took_s)
    later = samples_of(partial(function, x), budget_s, clocks)
    loop = f"of a loop over {ELEMENTS} numbers"
    return Trial(
        "cold",
        f"later calls {loop}",
        f"first calls {loop}, made anew {FRESH} times",
        later.times_s,
        tuple(first_s),
        disturbed(later, clocks),
        (kept(later), series(began_s, first_s, 1)),
    )
