"""What the machine code of a submission may take from elsewhere, by division."""

from __future__ import annotations

from collections.abc import Iterable

from accel_core.errors import quoted

_MEMORY = {"memcpy", "memset", "memmove", "memcmp"}
_OF_DOUBLES = (
    *("acos", "acosh", "asin", "asinh", "atan", "atan2", "atanh", "cbrt", "ceil", "copysign", "cos", "cosh"),
    *("erf", "erfc", "exp", "exp2", "expm1", "fabs", "floor", "fma", "fmax", "fmin", "fmod", "frexp", "hypot"),
    *("ldexp", "lgamma", "log", "log10", "log1p", "log2", "modf", "nearbyint", "nextafter", "pow", "rint"),
    *("round", "sin", "sincos", "sinh", "sqrt", "tan", "tanh", "tgamma", "trunc"),
)
_MATHEMATICS = {f"{name}{end}" for name in _OF_DOUBLES for end in ("", "f")}
"""The C library's."""
_RUNTIME = {
    f"NRT_{name}"
    for name in (
        *("Allocate", "Free", "MemInfo_alloc", "MemInfo_alloc_aligned", "MemInfo_alloc_dtor"),
        *("MemInfo_alloc_dtor_safe", "MemInfo_alloc_safe", "MemInfo_alloc_safe_aligned", "MemInfo_call_dtor"),
        *("MemInfo_data", "MemInfo_new_varsize", "MemInfo_new_varsize_dtor", "MemInfo_release"),
        *("MemInfo_varsize_alloc", "MemInfo_varsize_free", "MemInfo_varsize_realloc"),
    )
}
"""Numba's runtime: arrays and lists that a function makes for itself."""
HELPERS = {
    f"numba_{name}": name
    for name in ("attempt_nocopy_reshape", "fixed_fmod", "fixed_fmodf", "fptoui", "fptouif")
}
"""What Numba calls in its own library, and the name that it has there."""
STUBS = {
    *("numba_gil_ensure", "numba_gil_release", "PyEval_SaveThread", "PyEval_RestoreThread"),
    *("numba_unpickle", "numba_do_raise", "numba_runtime_build_excinfo_struct", "PyErr_Clear", "PyErr_Format"),
    *("PyErr_Occurred", "PyErr_SetNone", "PyErr_SetString", "PyErr_SetObject", "PyErr_WriteUnraisable"),
    *("PyBytes_FromStringAndSize", "PyObject_Hash", "PyTuple_Pack", "PyUnicode_FromKindAndData"),
    *("PyUnicode_FromString", "Py_DecRef", "Py_IncRef"),
}
"""What Numba calls around a loop over threads, and to tell an error in it, or in np.empty of several lengths:
in the process that runs the machine code they do nothing. So the error is not told, but what it kept from being
written shows."""
STUB_VALUES = {
    f"PyExc_{name}"
    for name in ("RuntimeError", "StopIteration", "SystemError", "ValueError", "ZeroDivisionError")
}
"""The same of values."""
_ANYWHERE = {*_MEMORY, *_MATHEMATICS, *_RUNTIME, *HELPERS, *STUBS, *STUB_VALUES}
TEAM = {
    *("numba_parallel_for", "do_scheduling_signed", "do_scheduling_unsigned", "allocate_sched"),
    *("deallocate_sched", "get_num_threads", "get_thread_id", "get_sched_size", "get_parallel_chunksize"),
    *("set_parallel_chunksize", "set_num_threads"),
}
"""Numba's threads."""
_PRINTS = {"printf"}
_THREADED = {*TEAM, *_PRINTS}
_LIBRARIES = ("cblas_", "numba_xx", "numba_ez_", "scipy_", "openblas", "mkl_", "dgemm", "sgemm", "LAPACKE")


def why_not_called(names: Iterable[str], threads: bool) -> str:
    """Why machine code may not take these `names` from elsewhere, in a sentence; empty where it may.

    `threads` says whether it may start some.
    """
    known = _ANYWHERE | _THREADED if threads else _ANYWHERE
    strange = sorted(name for name in names if name not in known)
    if not strange:
        return ""
    if library := next((name for name in strange if name.startswith(_LIBRARIES)), ""):
        return (
            f"It calls {shown(library)}; in this division only code that Numba compiled from this file may "
            "run: write the loops yourself."
        )
    if set(strange) & TEAM:
        return (
            "It starts threads (prange or parallel=True); in this division one thread runs: leave that out, or "
            "choose the division with all threads."
        )
    if any(name.startswith("Py") for name in strange):
        return (
            f"It calls Python while it runs ({shown(strange[0])}); in this division only machine code may run: "
            "leave out print, objmode and messages that are made while it runs."
        )
    if any(name.startswith(".numba.unresolved") for name in strange):
        return "One of its functions calls itself, which machine code may not do here: write a loop."
    return (
        f"It calls {shown(strange[0])}; in this division only code that Numba compiled from this file, and the "
        "C library's mathematics, may run: write it out yourself."
    )


def shown(name: str) -> str:
    """A name out of a foreign file, so that any page and terminal takes it: printable, and cut where long."""
    return quoted("".join(one if one.isprintable() else "?" for one in name))[1:-1]
