"""What to take where nothing was measured: one rule an operation, each with its sentence.

The rule knows no machine, so it only says what holds on every one that this was tried on. `accel calibrate`
replaces it by measurements.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

MANY_ELEMENTS = 1 << 20
"""From here on threads pay: waking them takes tens of microseconds, as long as some 2^18 elements of a fused
loop on one thread."""


def by_rule(operation: str, lengths: Sequence[int], layout: str, threads: int) -> tuple[str, str]:
    """(backend, sentence) for `operation` at `lengths` (contest.LENGTHS) on at most `threads` threads."""
    if operation == "matmul":
        return "numpy", "a matrix product goes to the library behind NumPy."
    if layout != "C":
        return "numpy", "arrays with gaps go to NumPy, which walks them as they lie."
    if operation == "add":
        return "numpy", "NumPy's own sum is one pass over memory already."
    if threads > 1 and math.prod(lengths) >= MANY_ELEMENTS:
        return "compiled_threads", f"one pass over memory, on all threads from {MANY_ELEMENTS} elements on."
    return "compiled", "one pass over memory instead of one for each step."
