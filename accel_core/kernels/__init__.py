"""Kernels: a folder for each ladder, and beside the folders what they share (`compiled`, `pool`, `simd`).

`workload` describes a ladder; its rungs are in `interpreted` (plain Python, NumPy), `compiled` (loops that
Numba compiles) and what else it needs; `functions` are its public names.
"""

from accel_core.machine.compiler import require_compiler

require_compiler()  # before any of them imports Numba
