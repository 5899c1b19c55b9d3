"""Kernels: a folder for each ladder, and beside the folders what they share (`compiled`, `pool`, `simd`).

`workload` describes a ladder; its rungs are in `interpreted` (plain Python, NumPy), `compiled` (loops that
Numba compiles) and what else it needs; `functions` are its public names.
"""

from accel_core.machine.compiler import require_compiler
from accel_core.model.late import Late


def late(*names: str) -> tuple[Late, ...]:
    """Modules below this one that are imported, and Numba with them, when one of their functions is needed."""
    return tuple(Late(f"{__name__}.{name}", before=require_compiler) for name in names)
