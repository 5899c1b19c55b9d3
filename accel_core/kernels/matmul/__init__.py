"""The matrix product: workload, rungs, their blocks, panels and micro-kernel, public functions."""

TILE_ROWS = (4, 6, 8, 12)
"""Rows that a register tile may have."""
