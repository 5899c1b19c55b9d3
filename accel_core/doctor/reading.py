"""What is read of this computer, and judged."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import replace

from accel_core import host_lock
from accel_core.doctor.check import Check
from accel_core.doctor.clock import judge_frequency, judge_power
from accel_core.doctor.code import (
    judge_compile_cache,
    judge_emulation,
    judge_huge_pages,
    judge_library_kernels,
    judge_simd,
    judge_widths,
)
from accel_core.doctor.others import judge_host_lock, judge_memory, judge_other_load, judge_steal
from accel_core.doctor.place import judge_pretence
from accel_core.doctor.threads import judge_blas_threads, judge_compiler, judge_cores, judge_thread_settings
from accel_core.errors import AccelError, printable
from accel_core.folders import PACKAGE, numba_cache
from accel_core.machine import (
    available_memory_bytes,
    environment,
    other_load,
    read_cpu_times,
    steal_fraction,
)
from accel_core.machine.blas import blas_left_alone
from accel_core.machine.compiler import refusal, require_compiler
from accel_core.machine.governor import governor, on_mains
from accel_core.machine.libraries import threading_layer
from accel_core.machine.linux import read_file
from accel_core.machine.overrides import overrides
from accel_core.machine.partial import EMULATION
from accel_core.model import DTYPES, Machine

SAMPLE_S = 0.5


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
