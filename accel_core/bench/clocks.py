"""The clocks a measurement reads, handed in so that a test can give its own, and what they say went wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from accel_core.bench.causes import Cause, told
from accel_core.bench.sentinel import Lookout, lookout
from accel_core.machine import (
    CpuTimes,
    allowed_cpus,
    read_own_times,
    steal_fraction,
    throttled_s,
    waited_fraction,
)
from accel_core.model import Machine
from accel_core.model.limits import LEAST_CPU_SHARE, MOST_STEAL, MOST_THROTTLED, MOST_WAITED, SLICE_S
from accel_core.units import format_number


def read_own_cpu_times() -> CpuTimes:
    """Counters of the processors that this process may use (is pinned to): steal elsewhere is not ours."""
    return read_own_times(allowed_cpus())


@dataclass(frozen=True)
class Clocks:
    """Seconds of the wall, CPU seconds of all this process's threads, and what tells of others."""

    wall: Callable[[], float] = time.perf_counter
    cpu: Callable[[], float] = time.process_time
    host: Callable[[], CpuTimes] = read_own_cpu_times
    sleep: Callable[[float], None] = time.sleep
    lookout: Lookout = field(default_factory=Lookout)
    """The sentinel, which sees what no counter shows; unless one is given it sees nothing."""

    @classmethod
    def of(cls, machine: Machine, threads: int, what: str, traffic_bytes: int) -> Clocks:
        """Those of one measurement of `what` on `machine`, with its sentinel; a call moves `traffic_bytes`."""
        return cls(lookout=lookout(machine, threads, what, traffic_bytes))


@dataclass(frozen=True, slots=True)
class Span:
    """What passed while samples were taken."""

    wall_s: float
    cpu_s: float
    steal_fraction: float | None
    waited_fraction: float | None = None
    """Share in which a measuring thread was ready to run and had no processor; None where nobody counts."""
    throttled_s: float | None = None
    """Seconds, summed over processors, for which a quota stopped the group; None where nobody counts."""
    switches: int | None = None
    """How often a thread lost its processor before it was done; None where nobody counts."""
    processors: int = 0
    """How many this process could use; 0 where unknown."""

    @classmethod
    def between(cls, before: CpuTimes, after: CpuTimes, wall_s: float, cpu_s: float, threads: int) -> Span:
        """`wall_s` and `cpu_s` of the samples of `threads` threads, and the counters before and after them."""
        switched = before.switches is not None and after.switches is not None
        return cls(
            wall_s,
            cpu_s,
            steal_fraction(before, after),
            waited_fraction(before.threads, after.threads, threads),
            throttled_s(before, after),
            (after.switches or 0) - (before.switches or 0) if switched else None,
            after.processors,
        )

    def joined(self, other: Span) -> Span:
        """Two spans as one; of a share the greater counts."""
        return Span(
            self.wall_s + other.wall_s,
            self.cpu_s + other.cpu_s,
            _greater(self.steal_fraction, other.steal_fraction),
            _greater(self.waited_fraction, other.waited_fraction),
            _sum(self.throttled_s, other.throttled_s),
            None if self.switches is None or other.switches is None else self.switches + other.switches,
            min(self.processors, other.processors),
        )

    def worked(self, threads: int) -> float:
        """Share of the time in which `threads` threads had a processor; a thread that spins has one."""
        return self.cpu_s / (self.wall_s * threads) if self.wall_s > 0 else 1.0

    def disturbed_reason(self, threads: int) -> str:
        """One sentence on who kept `threads` threads from working in this span; empty where nobody did."""
        return told(self.causes(threads))

    def causes(self, threads: int) -> list[Cause]:
        """All that kept `threads` threads from working for more than the limit of each."""
        found = [*self._stolen(), *self._throttled(threads)]
        # of several threads one loses more than the average: up to twice as much is taken for the same cause
        explained = sum(cause.share for cause in found) * min(threads, 2)
        return [*found, *self._crowded(threads, explained)]

    def waiting(self, threads: int) -> str:
        """One sentence on threads that did not work all the time though nobody kept them; empty where they did.

        A thread that waits for the others by spinning counts as working: such waiting is not seen.
        """
        share = self.worked(threads)
        taken = (self.waited_fraction or 0.0) + (self.steal_fraction or 0.0) if threads == 1 else 0.0
        if share + taken >= LEAST_CPU_SHARE or self.disturbed_reason(threads):
            return ""
        counted = self.waited_fraction is not None and self.steal_fraction is not None
        if threads == 1:
            rest = "and nobody took its processor" if counted else "or had no processor"
            return f"The thread worked {share:.2f} of the time: the rest it slept, {rest}."
        rest = "one another" if counted else "one another or for a processor"
        return f"{threads} threads worked {share:.2f} of the time: the rest is waiting for {rest}."

    def _stolen(self) -> list[Cause]:
        if self.steal_fraction is None or self.steal_fraction <= MOST_STEAL:
            return []
        percent = format_number(100 * self.steal_fraction, 2)
        words = f"The hypervisor gave {percent} % of the time to other virtual machines (steal time)"
        return [Cause(self.steal_fraction, words)]

    def _throttled(self, threads: int) -> list[Cause]:
        """A group may be stopped where these threads do not run: no more counts than what they lost."""
        stopped = (self.throttled_s or 0.0) / (self.wall_s * threads) if self.wall_s > 0 else 0.0
        share = min(stopped, max(1 - self.worked(threads), self.waited_fraction or 0.0))
        if share <= MOST_THROTTLED:
            return []
        percent = format_number(100 * share, 2)
        words = (
            f"A quota throttled it: its control group was kept from the processors for {percent} % of the time"
        )
        return [Cause(share, words)]

    def _crowded(self, threads: int, explained: float) -> list[Cause]:
        """Somebody else had the processors, for more of the time than other causes have `explained`."""
        if self.waited_fraction is None:
            return self._uncounted(threads, explained)
        share = self.waited_fraction - explained
        if share <= MOST_WAITED or self._filled():
            return []
        percent = format_number(100 * self.waited_fraction, 2)
        who = "it" if threads == 1 else f"one of its {threads} threads"
        lacked = f"{who} was ready to run and had no processor for {percent} % of the time"
        return [Cause(share, f"Something else was running: {lacked}")]

    def _filled(self) -> bool:
        """Whether this process alone had all its processors: then its own threads waited for one another."""
        return self.processors > 0 and self.worked(self.processors) >= LEAST_CPU_SHARE

    def _uncounted(self, threads: int, explained: float) -> list[Cause]:
        """The same where the system does not count such waiting: what the lost processors may have cost."""
        lost = 1 - self.worked(threads)
        if self.switches is not None:
            lost = min(lost, self.switches * SLICE_S / (self.wall_s * threads)) if self.wall_s > 0 else 0.0
        elif threads > 1:  # nothing tells others from threads that wait for one another
            return []
        if lost - explained <= 1 - LEAST_CPU_SHARE:
            return []
        percent = format_number(100 * self.worked(threads), 2)
        words = f"It had a processor for only {percent} % of the time: something else was running"
        return [Cause(lost - explained, words)]


def _greater(a: float | None, b: float | None) -> float | None:
    return max((x for x in (a, b) if x is not None), default=None)


def _sum(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a + b
