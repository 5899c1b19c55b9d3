"""The simulator: what each level holds, in plain arrays, and the compiled functions that work on them."""

from accel_core.machine.compiler import require_compiler

require_compiler()  # before anything here imports Numba
