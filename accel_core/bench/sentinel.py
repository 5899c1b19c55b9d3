"""The sentinel: a probe of known work between the samples, for neighbours that no counter shows.

A hardware thread of somebody else on the same core slows a kernel though it has its processor all the time. The
probe takes less than 0.1 ms and runs every 15 ms, so it costs less than 1 % of the measuring time; it touches
no memory, so it takes no cache line from a kernel.

After a kernel whose data are larger than a core's own caches it also reads READ_BYTES that the kernel has
pushed out of them, from the shared cache or from memory: that is slower beside somebody who uses those,
wherever they run. A look displaces at most a twentieth of what the kernel touches anyway.

Its median is held against what it is undisturbed on this machine (see `levels`), as the kernel's median is what
counts of the samples: a neighbour that comes for less than half of the time shows in neither. Beside several
threads it sees the core of the one that calls them. Those that spin between samples may be neighbours of the
one that looks, and some libraries spin where others sleep, so what it sees is held against what it saw beside
as many threads of the same kernel.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from statistics import median

import numpy as np

from accel_core.bench.causes import Cause, told
from accel_core.bench.levels import Levels, levels_file
from accel_core.kernels import sentinel as loops
from accel_core.machine import allowed_cpus
from accel_core.machine.partial import SLOW_CORES
from accel_core.model import Machine, Sentinel
from accel_core.model.limits import MOST_DRIFT
from accel_core.model.sentinel import READ_BYTES
from accel_core.stats import LEAST_SAMPLES, median_interval
from accel_core.units import format_number

EVERY_S = 0.015
"""At least this long lies between two probes,"""
LEAST_DISTANCE = 50.0
"""and so many times what one takes: slow cores take longer."""
LONG_S = 0.1
"""After so long without one it runs SEVERAL times."""
SEVERAL = LEAST_SAMPLES // 2
"""Before and after a single long sample: enough for an interval."""
FAR_BYTES = 64 * READ_BYTES
"""Traffic of a call from which on reads are timed after it: twice what all reads touch, which it pushes out."""
_PARTS = 32
_TURNS_ONE_BY_ONE, _TURNS_SIDE_BY_SIDE = 1100, 4000
"""About 12 us each at 3 GHz, four additions a cycle."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One run of the probe: cycles of an addition among others, and seconds of one that waits (a cycle)."""

    core_cycles: float
    cycle_s: float


class Probe:
    """The compiled loops, timed."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self()  # compiles, or loads what was compiled

    def __call__(self) -> Reading:
        """The better of two, as an interrupt makes one longer; what a call costs is taken off."""
        loops.one_by_one(3, 100)
        empty_s = self._took(lambda: loops.one_by_one(3, 1))
        cycle_s = self._twice(lambda: loops.one_by_one(3, _TURNS_ONE_BY_ONE), empty_s) / _TURNS_ONE_BY_ONE
        slot_s = self._twice(lambda: loops.side_by_side(3, _TURNS_SIDE_BY_SIDE), empty_s) / _TURNS_SIDE_BY_SIDE
        return Reading(slot_s / cycle_s, cycle_s / loops.ADDITIONS)

    def _took(self, call: Callable[[], object]) -> float:
        start = self._clock()
        call()
        return self._clock() - start

    def _twice(self, call: Callable[[], object], empty_s: float) -> float:
        return max(min(self._took(call), self._took(call)) - empty_s, 1e-9)


class Reads:
    """Timed reads of data that a kernel has pushed out: each of another part, so none is met again soon."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._parts = np.ones((_PARTS, READ_BYTES // 8), np.int64)
        self._next = 0
        loops.total(self._parts[0])  # compiles, or loads what was compiled

    def __call__(self) -> float:
        """Seconds that the next part took."""
        part = self._parts[self._next]
        self._next = (self._next + 1) % _PARTS
        start = self._clock()
        loops.total(part)
        return self._clock() - start


@dataclass(frozen=True, slots=True)
class Far:
    """The reads of a measurement, and the name of their level."""

    reads: Callable[[], float]
    name: str


class Lookout:
    """Runs the probe between the samples of one measurement; without a probe it sees nothing."""

    def __init__(
        self,
        probe: Callable[[], Reading] | None = None,
        levels: Levels | None = None,
        name: str = "",
        clock: Callable[[], float] = time.perf_counter,
        far: Far | None = None,
    ) -> None:
        """`name` is that of the level which counts here; without `levels` nothing is held against anything."""
        self._probe, self._levels, self._name, self._clock, self._far = probe, levels, name, clock, far
        self._last, self._cost_s = -math.inf, 0.0
        self.readings: list[Reading] = []
        self.reads_s: list[float] = []

    def begin(self) -> None:
        """Forget what was seen, and look at the core: no kernel has pushed anything out yet."""
        self.readings, self.reads_s, self._last = [], [], -math.inf
        self._look(None)

    def look(self) -> None:
        """Run the probe, unless it ran a moment ago."""
        self._look(self._far)

    def _look(self, far: Far | None) -> None:
        if self._probe is None:
            return
        start = self._clock()
        since_s = start - self._last
        if since_s < max(EVERY_S, LEAST_DISTANCE * self._cost_s):
            return
        times = SEVERAL if since_s >= LONG_S else 1
        if far is not None:
            self.reads_s += [far.reads() for _ in range(times)]
        self.readings += [self._probe() for _ in range(times)]
        self._last = self._clock()
        self._cost_s = (self._last - start) / times

    def report(self) -> Sentinel | None:
        """What was seen since `begin`, beside what is known; None where nothing was seen."""
        if not self.readings:
            return None
        seen = median_interval([reading.core_cycles for reading in self.readings])
        cycle_s = median(reading.cycle_s for reading in self.readings)
        core = Sentinel(seen, self._undisturbed(), 1 / cycle_s)
        if self._far is None or not self.reads_s:
            return core
        known, name = self._levels, self._far.name
        return replace(
            core,
            read_s=median_interval(self.reads_s),
            undisturbed_read_s=known.undisturbed(name) if known else None,
            most_read_s=known.most(name) if known else None,
        )

    def neighbour(self) -> str:
        """One sentence on who shared the core since `begin`; empty where nobody was seen."""
        return told(self.causes())

    def causes(self, *, core: bool = True) -> list[Cause]:
        """The neighbours that were seen; without `core` those on the shared cache and memory alone."""
        report = self.report()
        return neighbour(report) if core or report is None else _on_the_memory(report)

    def crowded(self) -> set[int]:
        """Readings since `begin`, by number, at which something shared the core."""
        most = (1 + MOST_DRIFT) * (self._undisturbed() or math.inf)
        return {place for place, reading in enumerate(self.readings) if reading.core_cycles > most}

    def remember(self) -> None:
        """Keep what was seen as a level of this machine: for spans that no counter calls disturbed."""
        if self.readings and self._levels is not None:
            self._levels.add(self._name, median(reading.core_cycles for reading in self.readings))
            if self._far is not None and self.reads_s:
                self._levels.add(self._far.name, median(self.reads_s))

    def _undisturbed(self) -> float | None:
        return self._levels.undisturbed(self._name) if self._levels is not None else None


def neighbour(sentinel: Sentinel | None) -> list[Cause]:
    """Neighbours on the core, and on the shared cache or memory; none where none was seen."""
    return [] if sentinel is None else [*_on_the_core(sentinel), *_on_the_memory(sentinel)]


def _on_the_memory(sentinel: Sentinel) -> list[Cause]:
    """Somebody, where the median of the reads is above undisturbed by MOST_DRIFT, and above what is usual."""
    drift, read_s, most_s = sentinel.read_drift, sentinel.read_s, sentinel.most_read_s
    if drift is None or drift <= MOST_DRIFT or most_s is None or read_s is None:
        return []
    if read_s.low is None or read_s.median <= most_s:
        return []
    words = (
        "Something that no counter shows shared its caches or memory: data that it had pushed out took "
        f"{format_number(100 * drift, 2)} % longer to read than undisturbed, between the samples"
    )
    return [Cause(drift / (1 + drift), words)]


def _on_the_core(sentinel: Sentinel) -> list[Cause]:
    """Somebody, where the median of enough looks is more than MOST_DRIFT above undisturbed.

    The clock is on record and marks nothing: heat, power and the kernel's own wide vectors lower it, on a
    laptop within each run, and what is called disturbed is what somebody else did.
    """
    drift = None if sentinel.core_cycles.low is None else sentinel.drift
    if drift is None or drift <= MOST_DRIFT:
        return []
    percent = format_number(100 * drift, 2)
    words = (
        "Something that no counter shows shared its core: "
        f"additions took {percent} % longer than undisturbed, between the samples"
    )
    return [Cause(drift / (1 + drift), words)]  # the share of the time that the additions took


def lookout(machine: Machine, threads: int, what: str, traffic_bytes: int = 0) -> Lookout:
    """That of one measurement of `what` on `machine`, held against what is known of as many threads.

    Reads are timed where a call moves `traffic_bytes` of at least FAR_BYTES, and held against those after as
    much traffic: what a shared cache still holds of the parts depends on it.

    Where cores are of several kinds and nothing keeps the thread on one of them, another kind would look like a
    neighbour.
    """
    wanders = machine.fact(SLOW_CORES) and len(allowed_cpus()) != 1
    name = machine.fingerprint if threads == 1 else f"{machine.fingerprint} {threads} {what}"
    far = None
    if traffic_bytes >= FAR_BYTES:
        traffic = f"{machine.fingerprint} {threads} {what} reads after 2^{traffic_bytes.bit_length()} B"
        far = Far(_reads(), traffic)
    return Lookout(_probe(), None if wanders else _levels(), name, far=far)


@cache
def _probe() -> Probe:
    return Probe()


@cache
def _reads() -> Reads:
    return Reads()


@cache
def _levels() -> Levels:
    return Levels(levels_file())
