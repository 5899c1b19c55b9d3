"""GELU of an array: workload, rungs, public functions."""
