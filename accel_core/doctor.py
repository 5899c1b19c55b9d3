"""Is this a good moment and a good place to measure? Each check is one sentence with numbers, and a remedy.

Judging is pure: `judge_*` take numbers and texts, so that tests feed them. Reading is apart, in `checkup`.
"""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from accel_core import host_lock
from accel_core.codec import PlainData
from accel_core.errors import AccelError, printable
from accel_core.folders import PACKAGE, numba_cache
from accel_core.machine import (
    available_memory_bytes,
    environment,
    other_load,
    pretence,
    read_cpu_times,
    steal_fraction,
)
from accel_core.machine.blas import blas_left_alone
from accel_core.machine.compiler import refusal, require_compiler
from accel_core.machine.governor import Governor, governor, on_mains
from accel_core.machine.libraries import threading_layer
from accel_core.machine.linux import read_file
from accel_core.machine.overrides import overridden, overrides
from accel_core.machine.partial import EMULATION
from accel_core.machine.thread_settings import BINDINGS, COUNTS, LIMITS, OPENMP_LIMITS, SAFE_LAYERS, bindings
from accel_core.model import DTYPES, Blas, Cores, Machine, Simd
from accel_core.model.limits import MOST_STEAL
from accel_core.units import format_bytes, format_number, format_rate

if TYPE_CHECKING:
    from accel_core.wall import Standing

SAMPLE_S = 0.5
OTHER_LOAD_LIMIT = 0.25
"""Processors that others may keep busy; a browser and a server at rest stay below."""
MEMORY_LIMIT_BYTES = 1024**3
_SLOW_GOVERNORS = ("powersave", "conservative", "userspace")
_SELF_DRIVING = ("intel_pstate", "amd-pstate-epp", "amd_pstate_epp")
"""Drivers under which the processor itself chooses its clock, so that "powersave" does not hold it down."""


@dataclass(frozen=True, slots=True)
class Check(PlainData):
    """One finding; `remedy` is "" where `ok`. What the system does not say is ok and called unknown."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def _check(name: str, ok: bool, detail: str, remedy: str) -> Check:
    return Check(name, ok, detail, "" if ok else remedy)


def _percent(fraction: float) -> str:
    return f"{100 * fraction:.1f} %"


# -- judging -------------------------------------------------------------------------------------------------


def judge_steal(fraction: float | None) -> Check:
    """`fraction`: stolen share of all processors' time, None where the system does not count it."""
    if fraction is None:
        return Check("steal time", True, "This system does not count stolen time, so it is unknown.")
    return _check(
        "steal time",
        fraction <= MOST_STEAL,
        f"The hypervisor gave {_percent(fraction)} of the processors' time to others; "
        f"above {_percent(MOST_STEAL)} a measurement is marked disturbed.",
        "Measure again at another time, or on a machine that is not shared.",
    )


def judge_other_load(busy: float | None, logical: int | None) -> Check:
    """`busy`: processors that other programs used, 0.5 for half of one."""
    if busy is None:
        return Check(
            "other load", True, "The processor times stand still or may not be read, so other load is unknown."
        )
    of = f" of {logical}" if logical else ""
    return _check(
        "other load",
        busy <= OTHER_LOAD_LIMIT,
        f"Other programs keep {busy:.2f}{of} processors busy; up to {OTHER_LOAD_LIMIT} is quiet.",
        "Close the programs that compute, or wait until they have finished.",
    )


def judge_frequency(setting: Governor) -> Check:
    """Whether the clock may rise as far as the hardware allows."""
    if setting.name is None:
        return Check(
            "frequency", True, "This system does not show how the clock is governed, so it is unknown."
        )
    held = setting.name in _SLOW_GOVERNORS and setting.driver not in _SELF_DRIVING
    now, most = setting.limit_hz, setting.hardware_limit_hz
    reach = f" and may rise to {format_rate(now, 'Hz')} of {format_rate(most, 'Hz')}" if now and most else ""
    return _check(
        "frequency",
        not held and not (now and most and now < 0.95 * most),
        f"The clock is governed by '{setting.name}' (driver {setting.driver or 'unknown'}){reach}.",
        "Choose the governor 'performance' and lift the limit: `cpupower frequency-set -g performance`.",
    )


def judge_power(plugged: bool | None) -> Check:
    """`plugged`: on mains; None where there is no battery or the system does not say."""
    if plugged is None:
        return Check("power", True, "No battery is known here.")
    source = "mains power" if plugged else "its battery"
    return _check(
        "power", plugged, f"The machine runs on {source}.", "Plug it in: on battery the clock is lowered."
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
    return _check(
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
    return _check(
        name,
        blas.threads <= allowed,
        f"{blas.name} uses {blas.threads} threads by itself; {allowed} processors are allowed.",
        f"Set OMP_NUM_THREADS={allowed} before Python starts.",
    )


def judge_library_kernels(variables: Mapping[str, str], blas: Blas | None, alone: Blas | None) -> Check:
    """Variables that choose kernels for a library; `alone`: what NumPy's library would be without them."""
    name = "library kernels"
    held = overrides(variables)
    if not held:
        return Check(name, True, f"No variable holds a library back: {blas.title if blas else 'BLAS unknown'}.")
    free = alone.architecture if alone else None
    same = free is not None and blas is not None and blas.architecture == free
    would = f" Left alone it runs its {free} kernels." if free else ""
    return _check(
        name,
        same and set(held) == {"OPENBLAS_CORETYPE"},
        overridden(held, blas) + would,
        f"Unset {' and '.join(held)} before Python starts, unless you mean to measure the library held back.",
    )


def judge_huge_pages(text: str | None) -> Check:
    """`text`: transparent_hugepage/enabled of Linux, such as "always [madvise] never"."""
    name = "transparent huge pages"
    setting = text.partition("[")[2].partition("]")[0] if text else ""
    if not setting:
        return Check(name, True, "This system has no such setting.")
    meaning = {
        "always": "every large array gets 2 MiB pages",
        "madvise": "arrays get 2 MiB pages where the program asks, and NumPy asks from 4 MiB on",
        "never": "large arrays lie on small pages, and memory access misses the TLB more often",
    }.get(setting, "its effect is not known here")
    remedy = "As administrator: `echo madvise > /sys/kernel/mm/transparent_hugepage/enabled`."
    return _check(name, setting != "never", f"The setting is '{setting}': {meaning}.", remedy)


def judge_compile_cache(folder: Path, warning: str) -> Check:
    """Where compiled kernels are kept between runs; `warning` says that they are not, or not for long."""
    detail = warning or f"Compiled kernels are kept in {folder}."
    return _check("compile cache", not warning, detail, "Set NUMBA_CACHE_DIR to a folder that you can write.")


def judge_memory(available_bytes: int, total_bytes: int | None) -> Check:
    """Memory that can be taken now."""
    of = f" of {format_bytes(total_bytes)}" if total_bytes else ""
    return _check(
        "memory",
        available_bytes >= MEMORY_LIMIT_BYTES,
        f"{format_bytes(available_bytes)}{of} are free; measuring needs {format_bytes(MEMORY_LIMIT_BYTES)}.",
        "Close programs that hold much memory, or raise the container's limit.",
    )


def judge_host_lock(folder: Path | None) -> Check:
    """`folder`: where the lock is that all accounts of this host take before they measure."""
    detail = f"All accounts of this computer wait for one another, by a lock in {folder}."
    if folder is None:
        detail = (
            "Other accounts' jobs are not waited for: this computer has no folder for a lock of all accounts."
        )
    remedy = (
        f"Let all who measure here set {host_lock.VARIABLE} to one folder in which all of them may make files, "
        "or measure while nobody else does."
    )
    return _check("one turn for all accounts", folder is not None, detail, remedy)


def judge_simd(simd: Simd) -> Check:
    """Whether vector instructions are known, without which there is no compute roof to expect."""
    if not simd.features:
        remedy = "Measure all the same: the roofs are measured, only the theoretical ones are missing."
        return _check(
            "vector instructions", False, "No vector instruction set of this processor is known.", remedy
        )
    return Check(
        "vector instructions",
        True,
        f"The widest vectors have {simd.width_bits} bits ({', '.join(simd.features)}).",
    )


def judge_widths(chosen: Mapping[str, str]) -> Check:
    """`chosen`: dtype -> the width of vectors that streaming loops have, and why."""
    said = "; ".join(f"{dtype}: {width}" for dtype, width in chosen.items())
    return Check("vector width", True, f"Vectors of streaming loops: {said or 'nothing is compiled'}.")


def judge_cores(cores: Cores) -> Check:
    """Whether a core remains for everything else while one is measured."""
    logical = f" of {cores.logical}" if cores.logical else ""
    grant = f" The control group grants {format_number(cores.quota)}." if cores.quota is not None else ""
    return _check(
        "cores",
        cores.allowed >= 2,
        f"{cores.allowed}{logical} processors are allowed to this process.{grant}",
        "Allow a second processor, so that the page does not compute where the kernel is measured.",
    )


def judge_pretence(machine: Machine) -> Check:
    """That a recorded machine stands in for this one."""
    remedy = (
        "Unset ACCEL_MACHINE to see this computer's load, free memory and libraries: what stands here is of "
        "the recorded machine."
    )
    return Check("pretend host", False, pretence(machine), remedy)


def judge_emulation(told: object) -> Check:
    """`told`: the sentence by which detection knows an emulator; None where it knows of none."""
    return _check(
        "emulation",
        not told,
        f"{told}." if told else "Nothing shows that an emulator translates this process.",
        "Measure outside the emulator: by a Python for the machine's own processor, or on another machine.",
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
        return _check(name, False, "Numba has no threading layer here.", "Reinstall numba with pip.")
    if layer not in SAFE_LAYERS:
        return Check(name, True, f"{pool}Numba's '{layer}' layer bears one caller at a time.")
    if bound:
        return Check(name, True, f"{pool}with {bound}, OpenMP would bind the calling thread for good.")
    if limits:
        return Check(name, True, f"{pool}OpenMP may give fewer than are asked for ({', '.join(limits)}).")
    return Check(name, True, f"Compiled kernels fork and join by themselves, on Numba's '{layer}' layer.")


def judge_wall(found: Standing) -> Check:
    """Whether foreign code may run here, layer by layer; a system that can have no wall is no fault."""
    said = "".join(f" {one.name}: {one.detail};" for one in found.layers).rstrip(";")
    if found.stands:
        return Check("wall", True, f"Foreign code is walled in, by{said}.")
    detail = f"No wall stands, so no foreign code is run: {found.reason}"
    return _check("wall", not found.remedy, detail, found.remedy)


# -- reading -------------------------------------------------------------------------------------------------


def checkup(machine: Machine, sample_s: float = SAMPLE_S) -> list[Check]:
    """All checks, in the order of a table: of a recorded machine what it tells itself, else of this moment."""
    if machine.pretended is not None:
        checks = [
            judge_pretence(machine),
            judge_emulation(machine.fact(EMULATION)),
            judge_cores(machine.cores),
            judge_simd(machine.simd),
        ]
    else:
        checks = _of_this_moment(machine, sample_s)
    # a path or a variable may be no UTF-8
    return [replace(one, detail=printable(one.detail), remedy=printable(one.remedy)) for one in checks]


def _widths() -> dict[str, str]:
    """The widths that this process compiles for: it asks the compiler."""
    if refusal(os.environ):  # which `require_compiler` would remember for good
        return {}
    try:
        require_compiler()
    except AccelError:
        return {}
    from accel_core.kernels import widths

    return {dtype: str(widths.chosen(dtype)) for dtype in DTYPES}


def _of_this_moment(machine: Machine, sample_s: float) -> list[Check]:
    """Those of the computer that runs this; samples its processors for `sample_s` seconds."""
    before = read_cpu_times()
    time.sleep(sample_s)
    after = read_cpu_times()
    cores, blas = machine.cores, environment().blas
    cache, warning = numba_cache(os.environ)
    linux = platform.system() == "Linux"
    alone = blas_left_alone(os.environ) if overrides(os.environ) else blas
    return [
        judge_emulation(machine.fact(EMULATION)),
        judge_steal(steal_fraction(before, after)),
        judge_other_load(other_load(before, after), cores.logical),
        judge_frequency(governor(read_file, max(cores.cpus_allowed, default=0))),
        judge_power(on_mains()),
        judge_cores(cores),
        judge_thread_settings(os.environ, cores.allowed),
        judge_blas_threads(blas, cores.allowed),
        judge_library_kernels(os.environ, blas, alone),
        judge_compiler(os.environ, None if refusal(os.environ) else threading_layer()),
        judge_huge_pages(read_file("/sys/kernel/mm/transparent_hugepage/enabled") if linux else None),
        judge_memory(available_memory_bytes(), machine.memory_bytes),
        judge_simd(machine.simd),
        judge_widths(_widths()),
        judge_host_lock(host_lock.lock_folder()),
        judge_compile_cache(cache or PACKAGE / "kernels" / "__pycache__", warning),
    ]
