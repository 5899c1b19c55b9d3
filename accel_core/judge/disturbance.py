"""Who kept a child's threads from their processor while it computed.

The judge sleeps meanwhile, so its own counters say nothing: the child's threads are looked at, which wait for a
processor only while they are not stopped.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.bench.causes import Cause, told
from accel_core.machine import CpuTimes, read_cpu_times, steal_fraction, waited_fraction
from accel_core.machine.waiting import thread_times
from accel_core.model.limits import MOST_STEAL, MOST_WAITED
from accel_core.units import format_number


@dataclass(frozen=True, slots=True)
class Seen:
    """Counters of the processors and of a child's threads at one moment."""

    host: CpuTimes
    threads: Mapping[int, tuple[float, float]] | None

    @classmethod
    def of(cls, pid: int, cpus: tuple[int, ...]) -> Seen:
        """Those of the child `pid`, which runs on `cpus`."""
        return cls(read_cpu_times(cpus), thread_times(process=str(pid)))


BUSY = 0.25
"""Of what the busiest thread ran: whatever ran as much takes part in the work."""


def _crowded(before: Seen, after: Seen, threads: int) -> bool:
    """Whether more threads than have a processor took part in the work, so that they wait for one another."""
    known = before.threads or {}
    ran = [now - known.get(thread, (0.0, 0.0))[0] for thread, (now, _) in (after.threads or {}).items()]
    return sum(one > BUSY * max(ran, default=0.0) for one in ran) > threads


def disturbed(before: Seen, after: Seen, threads: int) -> str:
    """Who disturbed `threads` threads between two moments, in a sentence; empty where nobody did.

    Threads of one child that wait for one another disturb nobody: the time that they take is their own.
    """
    causes = []
    stolen = steal_fraction(before.host, after.host)
    if stolen is not None and stolen > MOST_STEAL:
        percent = format_number(100 * stolen, 2)
        words = f"The hypervisor gave {percent} % of the time to other virtual machines (steal time)"
        causes.append(Cause(stolen, words))
    waited = None
    if not _crowded(before, after, threads):
        waited = waited_fraction(before.threads, after.threads, threads)
    most = MOST_WAITED + (stolen or 0.0)
    if waited is not None and waited > most:
        percent = format_number(100 * waited, 2)
        words = (
            f"Something else was running: it was ready to run and had no processor for {percent} % of the time"
        )
        causes.append(Cause(waited, words))
    return told(causes)
