"""The clocks a measurement reads, handed in so that a test can give its own, and what they say went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from accel_core.machine import CpuTimes, allowed_cpus, read_cpu_times
from accel_core.units import format_number

LEAST_CPU_SHARE = 0.97
"""CPU time / (wall time x threads) under which something else had the core."""
MOST_STEAL = 0.01
"""Share of the time that the hypervisor gave to another virtual machine, above which a record is disturbed."""


def read_own_cpu_times() -> CpuTimes:
    """CPU times of the processors that this process may use (is pinned to): steal elsewhere is not ours."""
    return read_cpu_times(allowed_cpus())


@dataclass(frozen=True)
class Clocks:
    """Seconds of the wall, CPU seconds of all this process's threads, and the processors' times for steal."""

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time
    host: Callable[[], CpuTimes] = read_own_cpu_times
    sleep: Callable[[float], None] = time.sleep


@dataclass(frozen=True, slots=True)
class Span:
    """What passed while samples were taken."""

    wall_s: float
    cpu_s: float
    steal_fraction: float | None

    def disturbed_reason(self, threads: int) -> str:
        """One sentence on what disturbed `threads` threads in this span; empty where nothing did.

        A BLAS thread that waits for the others spins, which counts as CPU time: such waiting is not seen.
        """
        if self.steal_fraction is not None and self.steal_fraction > MOST_STEAL:
            percent = format_number(100 * self.steal_fraction, 2)
            return f"The hypervisor gave {percent} % of the time to other virtual machines (steal time)."
        if self.wall_s <= 0 or self.cpu_s >= LEAST_CPU_SHARE * self.wall_s * threads:
            return ""
        percent = format_number(100 * self.cpu_s / (self.wall_s * threads), 2)
        if threads == 1:
            return f"The kernel had its core for only {percent} % of the time: something else was running."
        return (
            f"The {threads} threads had their cores for only {percent} % of the time: "
            f"something else was running, or not every thread had work."
        )
