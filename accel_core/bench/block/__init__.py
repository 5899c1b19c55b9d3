"""A transformer block on real arrays: built, checked against float64, then timed operation by operation."""

from accel_core.bench.block.running import measure_block

__all__ = ["measure_block"]
