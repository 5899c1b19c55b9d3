"""Environment variables that take from a library the choice of its kernels: a fast processor may run slow ones.

They are read and told of, never changed: who sets one may have a reason.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping

from accel_core.machine.environment import choose_blas
from accel_core.model import Blas

OVERRIDES: Mapping[str, str] = {
    "OPENBLAS_CORETYPE": "OpenBLAS is told which kernels to run",
    "OPENBLAS_L2_SIZE": "OpenBLAS is told the size of L2, by which it cuts its blocks",
    "MKL_ENABLE_INSTRUCTIONS": "MKL is told which vector instructions it may use",
    "MKL_CBWR": "MKL is told which code path to take",
    "MKL_DEBUG_CPU_TYPE": "MKL is told which processor this is",
    "BLIS_ARCH_TYPE": "BLIS is told which kernels to run",
    "NPY_DISABLE_CPU_FEATURES": "NumPy is told which vector instructions to leave unused",
    "NPY_ENABLE_CPU_FEATURES": "NumPy is told which vector instructions alone it may use",
    "NUMBA_CPU_NAME": "Numba is told for which processor to compile",
    "NUMBA_CPU_FEATURES": "Numba is told for which instructions to compile",
    "NUMBA_OPT": "Numba is told how far to optimise",
    "NUMBA_ENABLE_AVX": "Numba is told not to use AVX",
    "NUMBA_LOOP_VECTORIZE": "Numba is told not to vectorise loops",
    "NUMBA_DISABLE_JIT": "Numba is told not to compile at all",
}
"""Variable -> what it does: OpenBLAS' documentation, runtime variables; oneMKL Developer Guide, instruction-set
specific dispatching; NumPy, common/npy_cpu_features.c; Numba reference manual, environment variables."""
_DEFAULTS = {
    "NUMBA_CPU_NAME": ("host",),
    "NUMBA_OPT": ("3", "max"),
    "NUMBA_ENABLE_AVX": ("1",),
    "NUMBA_LOOP_VECTORIZE": ("1",),
    "NUMBA_DISABLE_JIT": ("0",),
}
"""Values that leave a library as it would be."""
_ASK = "import json, numpy, threadpoolctl; print(json.dumps(threadpoolctl.threadpool_info()))"
_WAIT_S = 30.0


def overrides(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of `variables` that take from a library its own choice: name -> value."""
    given = {name: variables.get(name, "").strip() for name in OVERRIDES}
    return {name: value for name, value in given.items() if value and value not in _DEFAULTS.get(name, ())}


def overridden(held: Mapping[str, str], blas: Blas | None) -> str:
    """ "OPENBLAS_CORETYPE=Haswell is set: OpenBLAS runs its Haswell kernels."; empty where none are `held`."""
    if not held:
        return ""
    said = " and ".join(f"{name}={value}" for name, value in held.items())
    verb = "is" if len(held) == 1 else "are"
    if blas and blas.architecture and any(name.startswith(blas.name.upper()) for name in held):
        return f"{said} {verb} set: {blas.name} runs its {blas.architecture} kernels."
    return f"{said} {verb} set: {OVERRIDES[next(iter(held))]}."


def blas_left_alone(variables: Mapping[str, str]) -> Blas | None:
    """What NumPy's library chooses by itself, asked of a new process without the overrides; None if unknown."""
    free = {name: value for name, value in variables.items() if name not in overrides(variables)}
    try:
        asked = subprocess.run(
            [sys.executable, "-c", _ASK], env=free, capture_output=True, text=True, timeout=_WAIT_S, check=True
        )
        return choose_blas(json.loads(asked.stdout), {})
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
