# ruff: noqa: E402
"""Measured roofs: the clock, compute by width and operation, bandwidth and latency by level, and the curve.

loops       what is timed, in LLVM vectors       probes      their compiled entry points
memory      the block they walk through          team        threads that start together
tasks       one roof each: probe, amount, record
places      where they walk                      curve       bandwidth and latency by working set
plan        which roofs, as tasks                measuring   rounds within a budget
again       roofs that a kernel has passed
"""

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba

from accel_core.model.limits import PEAKS_S as DEFAULT_BUDGET_S
from accel_core.peaks.again import measure_again
from accel_core.peaks.measuring import measure_peaks

__all__ = ["DEFAULT_BUDGET_S", "measure_again", "measure_peaks"]
