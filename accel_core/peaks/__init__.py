"""Measured roofs: the clock, compute by width and operation, bandwidth and latency by level, and the curve.

loops       what is timed, in LLVM vectors       probes      their compiled entry points
memory      the block they walk through          team        threads that start together
tasks       one roof each: probe, amount, record
plan        which roofs, in which order          measuring   rounds within a budget
"""

from accel_core.peaks.measuring import DEFAULT_BUDGET_S, measure_peaks

__all__ = ["DEFAULT_BUDGET_S", "measure_peaks"]
