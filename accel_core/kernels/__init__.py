"""Kernels: one ladder of rungs per workload, and what they share (`compiled`, `verify`, `simd`)."""

from accel_core.machine.compiler import require_compiler

require_compiler()  # before any of them imports Numba
