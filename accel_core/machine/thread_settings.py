"""Environment variables that say how many threads a library starts, and which processors they may use.

A shell, a batch system or conda sets them for all programs alike (`OMP_NUM_THREADS=1`, `OMP_PROC_BIND=true`).
Here the number of threads is a parameter of each measurement, so a worker starts without them. What really
limits a process, its affinity and its quota, still does.
"""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.errors import printable

COUNTS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "OPENBLAS_DEFAULT_NUM_THREADS",
    "GOTO_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "NUMBA_NUM_THREADS",
)
"""How many threads a library starts by itself."""
LIMITS = (
    "OMP_THREAD_LIMIT",
    "OMP_TEAMS_THREAD_LIMIT",
    "OMP_DYNAMIC",
    "OMP_MAX_ACTIVE_LEVELS",
    "KMP_DEVICE_THREAD_LIMIT",
    "KMP_TEAMS_THREAD_LIMIT",
    "KMP_ALL_THREADS",
    "MKL_DOMAIN_NUM_THREADS",
    "MKL_DYNAMIC",
    "BLIS_JC_NT",
    "BLIS_PC_NT",
    "BLIS_IC_NT",
    "BLIS_JR_NT",
    "BLIS_IR_NT",
    "BLIS_THREAD_IMPL",
)
"""What else may leave a library with fewer threads than it was asked for."""
OPENMP_LIMITS = tuple(name for name in LIMITS if name.startswith(("OMP_", "KMP_")))
BINDINGS = (
    "OMP_PROC_BIND",
    "OMP_PLACES",
    "GOMP_CPU_AFFINITY",
    "KMP_AFFINITY",
    "KMP_HW_SUBSET",
    "KMP_PLACE_THREADS",
)
"""What binds threads to processors: the thread that loads the library too, and for good. Sources: OpenMP 5.2,
chapter 21; GNU libgomp and LLVM OpenMP manuals, environment variables; oneMKL Developer Guide, managing
performance; OpenBLAS and BLIS documentation, multithreading."""
SAFE_LAYERS = ("omp", "tbb")
"""Numba's threading layers that bear parallel loops of several callers at once (Numba's docs, "The threading
layers"); "workqueue" ends the process."""
_SEQUENTIAL = ("MKL_THREADING_LAYER", "SEQUENTIAL")
"""Other values choose between runtimes, and a wrong one may end the process."""
_FREE = ("", "false", "none", "disabled")


def without_thread_settings(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` without those that set, limit or bind threads."""
    dropped = {*COUNTS, *LIMITS, *BINDINGS}
    if variables.get(_SEQUENTIAL[0], "").strip().upper() == _SEQUENTIAL[1]:
        dropped.add(_SEQUENTIAL[0])
    return {name: value for name, value in variables.items() if name not in dropped}


def bindings(variables: Mapping[str, str]) -> str:
    """Those of `variables` that bind threads to processors, as "OMP_PROC_BIND=true"; empty where none do."""
    given = {name: printable(variables.get(name, "").strip()) for name in BINDINGS}
    return " and ".join(f"{name}={value}" for name, value in given.items() if value.lower() not in _FREE)
