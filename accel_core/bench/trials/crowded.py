"""More threads than cores: a product of the library on as many threads as processors, and on more."""

from __future__ import annotations

from functools import partial

import numpy as np

from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import Samples
from accel_core.bench.threads import limit
from accel_core.bench.trials.both_ways import disturbed, kept, require, samples_of
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.machine import allowed_cpus
from accel_core.model import Trial
from accel_core.units import format_count

SIDE = 512
TIMES = 4
"""So many threads for each processor."""
DTYPE = "float32"


def trial(budget_s: float, threads: int, clocks: Clocks) -> Trial:
    """NumPy's product of SIDE x SIDE, its library held to one thread a processor and then to TIMES as many.

    What disturbs is only looked for on the right number: too many threads are in each other's way by intent.
    """
    processors = min(threads, len(allowed_cpus()) or threads)
    a, b = (np.random.default_rng().random((SIDE, SIDE)).astype(DTYPE) for _ in range(2))
    out = np.empty_like(a)
    call = partial(np.matmul, a, b, out=out)
    expected = a.astype(np.float64) @ b.astype(np.float64)

    def on(count: int) -> Samples:
        with limit(count):
            out.fill(np.nan)
            call()
            require("crowded", out, expected, MATMUL.tolerance((SIDE, SIDE, SIDE), DTYPE))
            return samples_of(call, budget_s / 2, clocks, count)

    right = on(processors)
    reason = disturbed(right, clocks, processors)
    wrong = on(TIMES * processors)
    where = f"on {format_count(processors, 'processor')}"
    return Trial(
        "crowded",
        f"{format_count(processors, 'thread')} {where}",
        f"{format_count(TIMES * processors, 'thread')} {where}",
        right.times_s,
        wrong.times_s,
        reason,
        (kept(right), kept(wrong)),
    )
