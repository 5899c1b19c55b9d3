"""How this core's pace compares with what the registry takes for granted: a moment's work, and no result."""

from __future__ import annotations

import numpy as np

from accel_core import registry
from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import time_calls
from accel_core.bench.verify import bound, fresh_inputs
from accel_core.model import Case
from accel_core.model.pace import Pace

LOOPS = Case("matmul/python_lists", 32)
"""Its lists lie in the nearest cache: what it waits for is the interpreter, as do all rungs that take long."""
SORTED = 4096
"""Numbers in the nearest cache, sorted by merging: scalar code of NumPy's, with branches nobody can foresee."""
SORT_S = 2.3e-4
"""What that takes on a core of the registry's pace: an Emerald Rapids virtual machine with nobody beside it."""
TRIES = 7
"""The least of them counts: whoever runs beside it now will not run beside the whole job."""


def measure_pace(clocks: Clocks | None = None) -> Pace:
    """How many times as long as foreseen a small interpreted product and a sort take here, in about 10 ms.

    It serves to say beforehand how long a job will take; nobody is shown it as a measurement.
    """
    clocks = clocks or Clocks()
    workload, kernel = registry.kernel(LOOPS.kernel)
    inputs = fresh_inputs(workload, workload.shape(LOOPS.size), LOOPS.dtype)
    loops = bound(kernel, LOOPS, inputs, workload.reference(*inputs))
    mixed = np.random.default_rng(0).integers(0, 1 << 30, SORTED)
    loops_s, sort_s = (
        min(time_calls(call, 1, clocks)[0] for _ in range(TRIES))
        for call in (loops, lambda: np.sort(mixed, kind="stable"))
    )
    return Pace(loops_s / registry.predicted_s(LOOPS), sort_s / SORT_S)
