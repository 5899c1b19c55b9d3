"""How this core's pace compares with what the registry takes for granted: a moment's work, and no result."""

from __future__ import annotations

from accel_core import registry
from accel_core.bench.clocks import Clocks
from accel_core.bench.sampling import time_calls
from accel_core.bench.verify import bound, fresh_inputs
from accel_core.model import Case

RULER = Case("matmul/python_lists", 32)
"""Its lists lie in the nearest cache: what it waits for is the interpreter, as do all rungs that take long, and
as does the compiler of the others."""
ROUNDS = 7
"""The least of them counts: whoever runs beside it now will not run beside the whole job."""


def measure_pace(clocks: Clocks | None = None) -> float:
    """How many times as long as predicted a small interpreted product takes here, in about 10 ms.

    It serves to say beforehand how long a job will take; nobody is shown it as a measurement.
    """
    clocks = clocks or Clocks()
    workload, kernel = registry.kernel(RULER.kernel)
    shape = workload.shape(RULER.size)
    inputs = fresh_inputs(workload, shape, RULER.dtype)
    call = bound(kernel, RULER, inputs, workload.reference(*inputs))
    times_s = [time_calls(call, 1, clocks)[0] for _ in range(ROUNDS)]
    return min(times_s) / registry.predicted_s(RULER)
