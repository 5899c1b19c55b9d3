"""What libraries say: second opinions, and the only source where the system has no better one."""

from __future__ import annotations

import importlib
import os
import platform
import sys
import sysconfig
from contextlib import suppress
from typing import Any

from accel_core.machine import affinity
from accel_core.machine import partial as names
from accel_core.machine.partial import Partial, Value, format_cpu_list
from accel_core.machine.simd import baseline_facts, simd_facts

_ARCHITECTURES = {"amd64": "x86_64", "x64": "x86_64", "win32": "x86", "aarch64": "arm64"}
_GLIBC_SYSCONF = {  # bits/confname.h of the GNU C library; Python has no names for them
    "L1 size": 188,
    "L1 ways": 189,
    "L1 line": 190,
    "L2 size": 191,
    "L2 ways": 192,
    "L2 line": 193,
    "L3 size": 194,
    "L3 ways": 195,
    "L3 line": 196,
}


def architecture() -> str:
    """Of this process: "x86_64" or "arm64", or another one in the system's own word."""
    word = platform.machine().lower()
    if sys.platform == "win32":  # where platform tells of the computer, though it may translate this process
        word = sysconfig.get_platform().removeprefix("win-")
    return _ARCHITECTURES.get(word, word) or "unknown"


def platform_facts() -> Partial:
    """Python's platform module."""
    return Partial("platform", {names.ARCHITECTURE: architecture(), names.SYSTEM: platform.system() or None})


def affinity_facts(cpus: tuple[int, ...]) -> Partial:
    """The affinity mask as a fact."""
    return Partial("affinity mask of this process", {names.ALLOWED_LIST: format_cpu_list(cpus) or None})


def psutil_facts() -> Partial:
    """psutil: counts, memory, and the clock of the moment; each alone, as /proc may be readable in parts."""
    import psutil

    facts: dict[str, Value] = {}
    for name, ask in (
        (names.LOGICAL, psutil.cpu_count),
        (names.PHYSICAL, lambda: psutil.cpu_count(logical=False)),
        (names.MEMORY, lambda: psutil.virtual_memory().total),
        (names.CLOCK, lambda: _clock_hz(psutil.cpu_freq())),
    ):
        with suppress(Exception):  # psutil raises what the system does, and more
            facts[name] = ask() or None
    return Partial("psutil", facts)


def _clock_hz(clock: Any) -> float | None:
    """None for an answer in GHz, or for nonsense."""
    return clock.current * 1e6 if clock and clock.current > 100 else None


def llvm_facts() -> Partial:
    """LLVM's own detection, for which Numba's compiled kernels are made."""
    from llvmlite import binding

    flags = [name for name, present in binding.get_host_cpu_features().items() if present]
    target = binding.get_host_cpu_name()
    return Partial("LLVM", {names.LLVM_TARGET: target, **simd_facts(flags, architecture())})


def glibc_facts() -> Partial:
    """The GNU C library's sysconf: caches by its own reading of CPUID, often wrong in a virtual machine."""
    facts: dict[str, Value] = {}
    if sys.platform == "linux" and platform.libc_ver()[0] == "glibc":
        for name, number in _GLIBC_SYSCONF.items():
            try:
                value = os.sysconf(number)
            except (OSError, ValueError):
                continue
            facts[name] = value if value > 0 else None
    return Partial("getconf (GNU C library)", facts)


def threading_layer() -> str | None:
    """The first of Numba's layers that loads, in Numba's own order of preference."""
    from numba import config

    settings: Any = config  # its names are made at import
    modules = {"tbb": "tbbpool", "omp": "omppool", "workqueue": "workqueue"}
    wanted = str(settings.THREADING_LAYER)
    order = [wanted] if wanted in modules else [str(name) for name in settings.THREADING_LAYER_PRIORITY]
    with affinity.kept():  # a layer brings OpenMP along
        for layer in order:
            try:
                importlib.import_module(f"numba.np.ufunc.{modules[layer]}")
            except (ImportError, KeyError):
                continue
            return layer
    return None


def definition_facts() -> Partial:
    """Vector instructions that the architecture guarantees."""
    return Partial("definition of the architecture", baseline_facts(architecture()), role="fallback")
