"""How many threads run, and how they fork and join."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from accel_core.doctor.check import Check, check
from accel_core.machine.compiler import refusal
from accel_core.machine.thread_settings import BINDINGS, COUNTS, LIMITS, OPENMP_LIMITS, SAFE_LAYERS, bindings
from accel_core.model import Blas, Cores
from accel_core.units import format_number


def judge_cores(cores: Cores) -> Check:
    """Whether a core remains for everything else while one is measured."""
    logical = f" of {cores.logical}" if cores.logical else ""
    grant = f" The control group grants {format_number(cores.quota)}." if cores.quota is not None else ""
    return check(
        "cores",
        cores.allowed >= 2,
        f"{cores.allowed}{logical} processors are allowed to this process.{grant}",
        "Allow a second processor, so that the page does not compute where the kernel is measured.",
    )


def judge_thread_settings(variables: Mapping[str, str], allowed: int) -> Check:
    """Environment variables that set, limit or bind threads, against the allowed processors."""
    name = "thread settings"
    found = {key: variables[key] for key in (*COUNTS, *LIMITS, *BINDINGS) if variables.get(key)}
    if not found:
        return Check(name, True, f"No variable sets a number of threads; {allowed} processors are allowed.")
    said = ", ".join(f"{key}={value}" for key, value in found.items())
    counts = {key: text.strip() for key, text in found.items() if key in COUNTS}
    bad = [key for key in found if key not in COUNTS]
    bad += [key for key, text in counts.items() if not text.isdigit() or not 1 <= int(text) <= allowed]
    numba = counts.get("NUMBA_NUM_THREADS", "")
    if numba.isdigit() and int(numba) < allowed:
        bad.append("NUMBA_NUM_THREADS")
    whole = f", or set a whole number that fits {allowed} processors" if set(bad) <= set(COUNTS) else ""
    return check(
        name,
        not bad,
        f"{said}; {allowed} processors are allowed. Jobs are measured without such settings, a notebook with "
        "them.",
        f"Unset {' and '.join(dict.fromkeys(bad))}{whole}.",
    )


def judge_blas_threads(blas: Blas | None, allowed: int) -> Check:
    """The threads that NumPy's library starts by itself, against the allowed processors."""
    name = "thread oversubscription"
    if blas is None or blas.threads is None:
        title = blas.name if blas else "NumPy's library"
        return Check(
            name, True, f"{title} does not say how many threads it uses; {allowed} processors are allowed."
        )
    return check(
        name,
        blas.threads <= allowed,
        f"{blas.name} uses {blas.threads} threads by itself; {allowed} processors are allowed.",
        f"Set OMP_NUM_THREADS={allowed} before Python starts.",
    )


def judge_compiler(variables: Mapping[str, str], layer: str | None) -> Check:
    """Whether Numba compiles at all under these variables, and by which `layer` it runs parallel loops."""
    if said := refusal(variables):
        return Check("compiler", False, said, "Nothing can be measured until then.")
    return judge_threading_layer(
        layer, bindings(variables), [name for name in OPENMP_LIMITS if name in variables]
    )


def judge_threading_layer(layer: str | None, bound: str = "", limits: Sequence[str] = ()) -> Check:
    """`layer`: "tbb", "omp" or "workqueue", by which Numba runs parallel loops; `bound`: what binds threads;
    `limits`: what limits OpenMP's."""
    name, pool = "threading layer", "Python threads share compiled kernels out, in tens of microseconds: "
    if layer is None:
        return check(name, False, "Numba has no threading layer here.", "Reinstall numba with pip.")
    if layer not in SAFE_LAYERS:
        return Check(name, True, f"{pool}Numba's '{layer}' layer bears one caller at a time.")
    if bound:
        return Check(name, True, f"{pool}with {bound}, OpenMP would bind the calling thread for good.")
    if limits:
        return Check(name, True, f"{pool}OpenMP may give fewer than are asked for ({', '.join(limits)}).")
    return Check(name, True, f"Compiled kernels fork and join by themselves, on Numba's '{layer}' layer.")
