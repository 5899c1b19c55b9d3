"""Environment variables that take from a library the choice of its kernels: a fast processor may run slow ones.

Who sets one may have a reason, for instance to show what vectors are worth: kernels are measured under them,
and their records say so. A roof is what the machine can do, so it is never measured under one that changes what
the compiler makes of the probes: a job starts without them and says so, a program's own call is refused.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

from accel_core.errors import BadInput, printable
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
    "NUMBA_SLP_VECTORIZE": "Numba is told to vectorise straight code",
    "NUMBA_DISABLE_INTEL_SVML": "Numba is told not to use Intel's vector functions",
    "NUMBA_BOUNDSCHECK": "Numba is told to check every index",
    "NUMBA_DEBUGINFO": "Numba is told to compile for a debugger",
    "NUMBA_LLVM_REFPRUNE_PASS": "Numba is told to keep counting references",
    "NUMBA_DISABLE_JIT": "Numba is told not to compile at all",
}
"""Variable -> what it does: OpenBLAS' documentation, runtime variables; oneMKL Developer Guide, instruction-set
specific dispatching; NumPy, common/npy_cpu_features.c; Numba reference manual, environment variables."""
_DEFAULTS = {
    "NUMBA_CPU_NAME": ("host",),
    "NUMBA_OPT": ("3", "max"),
    "NUMBA_ENABLE_AVX": ("1",),
    "NUMBA_LOOP_VECTORIZE": ("1",),
    "NUMBA_SLP_VECTORIZE": ("0",),
    "NUMBA_DISABLE_INTEL_SVML": ("0",),
    "NUMBA_BOUNDSCHECK": ("0",),
    "NUMBA_DEBUGINFO": ("0",),
    "NUMBA_LLVM_REFPRUNE_PASS": ("1",),
    "NUMBA_DISABLE_JIT": ("0",),
}
"""Values that leave a library as it would be."""
_COMPILER = "NUMBA_"
_SETTINGS = ".numba_config.yaml"


def overrides(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of `variables` that take from a library its own choice: name -> value."""
    given = {name: printable(variables.get(name, "").strip()) for name in OVERRIDES}
    return {name: value for name, value in given.items() if value and value not in _DEFAULTS.get(name, ())}


def compiler_overrides(variables: Mapping[str, str]) -> dict[str, str]:
    """Those of `overrides` that change the machine code of compiled kernels and probes."""
    return {name: value for name, value in overrides(variables).items() if name.startswith(_COMPILER)}


def held() -> dict[str, str]:
    """The overrides of this process: of its environment, and of a file of settings that Numba has read."""
    config = sys.modules.get("numba.core.config")
    read = getattr(getattr(config, "_env_reloader", None), "old_environ", {})
    said = {name: str(value) for name, value in read.items()} if Path(_SETTINGS).is_file() else {}
    return overrides({**said, **os.environ})


def refuse_compiler_overrides() -> None:
    """BadInput where this process compiles under an override."""
    found = {name: value for name, value in held().items() if name.startswith(_COMPILER)}
    if found:
        raise BadInput(
            f"{overridden(found, None)[:-1]}, and a roof is what the machine can do: unset "
            f"{' and '.join(found)}, then start again."
        )


def overridden(held: Mapping[str, str], blas: Blas | None) -> str:
    """ "OPENBLAS_CORETYPE=Haswell is set: OpenBLAS runs its Haswell kernels."; empty where none are `held`."""
    if not held:
        return ""
    said = " and ".join(f"{name}={value}" for name, value in held.items())
    verb = "is" if len(held) == 1 else "are"
    if blas and blas.architecture and any(name.startswith(blas.name.upper()) for name in held):
        return f"{said} {verb} set: {blas.name} runs its {blas.architecture} kernels."
    return f"{said} {verb} set: {OVERRIDES[next(iter(held))]}."
