# ruff: noqa: E402
"""Measuring: verify -> compile (timed apart) -> count calls -> measure. A wrong answer is never timed.

>>> measurement = measure(Case("matmul/numpy", 512), machine, budget_s=2.0)
>>> results = run_cases(cases, machine, budget_s=2.0, emit=print)    # Measurement or Refusal, for each case
>>> comparisons = compare([(case_a, case_b)], machine)               # in turns, on the same inputs

It all runs in the calling process: the runner's worker, pinned to as many cores as `threads_needed(cases)`.
"""

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.bench.cases import run_cases
from accel_core.bench.clocks import Clocks
from accel_core.bench.comparing import compare
from accel_core.bench.events import Emit, ignore, label, result_event, step_event, warning_event
from accel_core.bench.measuring import measure
from accel_core.bench.threads import limit, require_processors, threads_needed
from accel_core.bench.turns import run_in_turns

__all__ = [
    "Clocks",
    "Emit",
    "compare",
    "ignore",
    "label",
    "limit",
    "measure",
    "require_processors",
    "result_event",
    "run_cases",
    "run_in_turns",
    "step_event",
    "threads_needed",
    "warning_event",
]
