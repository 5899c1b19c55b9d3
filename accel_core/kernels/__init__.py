"""Kernels: one ladder of rungs per workload, and what they share (`compiled`, `verify`, `simd`)."""
