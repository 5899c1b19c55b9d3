"""The matrix product: workload, rungs, their blocks, panels and micro-kernel, public functions."""
