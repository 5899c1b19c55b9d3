"""What is measured for each roof: the probe, how much one turn of it does, and the record that comes out.

A Task knows nothing of budgets and order (see `plan`); all time comes from its Team, so tests hand it a clock.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from accel_core.bench.clocks import Span
from accel_core.model import Ceiling, Clock, Estimate, Latency
from accel_core.peaks import probes
from accel_core.peaks.loops import CHAIN_LENGTH, CHAINS
from accel_core.peaks.team import Team, Work
from accel_core.stats import median_interval
from accel_core.units import format_bytes

SAMPLE_S = 4e-3
"""Length that a sample is calibrated to; one sweep where a sweep takes longer."""
LEAST_SAMPLE_S = 5e-4
"""However little time is left: waking a thread takes some microseconds, and they are in the sample."""
WARM_PASSES = 3
"""A cache that is filled by what another evicts, or that replaces at random, is not full of the working set
after one pass: seen on AMD's L3, where the latency settles with the third."""
_SEED = 0.5
"""x * 0.5 + 0.5 tends to 1: no overflow, no denormal numbers, whatever the number of turns."""
_CALLED = {"one stream": "in order", "four streams": "as four streams side by side"}

Finish = Callable[[Estimate], Ceiling | Latency | Clock]


@dataclass
class Task:
    """One roof: `work(turns)` gives each thread its part; a turn of all threads does `amount` units."""

    label: str
    team: Team
    work: Callable[[int], Sequence[Work]]
    amount: float
    finish: Finish
    warm_turns: int = 0
    """Turns before a sample that are not timed: what was sampled in between has taken the cache."""
    turns: int = 0
    rates: list[float] = field(default_factory=list)
    wall_s: float = 0.0
    cpu_s: float = 0.0
    """Of all threads during the samples."""

    def rate(self, turns: int) -> tuple[float, float]:
        """Units per second of `turns` turns, and the seconds that they took."""
        elapsed = max(self.team.time(self.work(turns)), 1e-9)
        return self.amount * turns / elapsed, elapsed

    def prepare(self, sample_s: float = SAMPLE_S) -> None:
        """Find how many turns make a sample."""
        sample_s = max(sample_s, LEAST_SAMPLE_S)
        self.rate(max(1, self.warm_turns))
        turns = 1
        while (elapsed := self._quickest(turns, sample_s)) < sample_s / 4:
            turns *= 4
        self.turns = max(1, round(turns * sample_s / elapsed))

    def _quickest(self, turns: int, sample_s: float) -> float:
        """Seconds of `turns` turns; a pause of some milliseconds must not pass for slowness."""
        elapsed = self.rate(turns)[1]
        if sample_s / 4 <= elapsed < 16 * sample_s:
            elapsed = min(elapsed, self.rate(turns)[1], self.rate(turns)[1])
        return elapsed

    def sample(self) -> None:
        if self.warm_turns:
            self.team.time(self.work(self.warm_turns))
        wall_s, cpu_s = self.team.wall_s, self.team.cpu_s
        self.rates.append(self.rate(self.turns)[0])
        self.wall_s += self.team.wall_s - wall_s
        self.cpu_s += self.team.cpu_s - cpu_s

    def result(self) -> Ceiling | Latency | Clock:
        """The record of all samples, marked where the threads did not have their cores to themselves."""
        reason = Span(self.wall_s, self.cpu_s, None).disturbed_reason(1)  # both are sums over the threads
        return replace(self.finish(median_interval(self.rates)), disturbed_reason=reason)


def _plural(threads: int) -> str:
    return "1 thread" if threads == 1 else f"{threads} threads"


def clock_task(team: Team) -> Task:
    """The running clock, from dependent register additions of one cycle each."""
    definition = (
        f"Integer additions, register plus register, {CHAIN_LENGTH} in a turn, each waiting for the one "
        "before: one cycle each."
    )

    def work(turns: int) -> Sequence[Work]:
        return [partial(probes.dependent_adds, 1, turns)]

    return Task("clock", team, work, CHAIN_LENGTH, lambda rate: Clock(rate, definition))


def compute_task(team: Team, operation: str, width_bits: int, dtype: str) -> Task:
    """FLOP/s of independent chains of FMA or additions held in registers."""
    item_bits = 8 * np.dtype(dtype).itemsize
    probe, seed = probes.COMPUTE[operation, width_bits], np.dtype(dtype).type(_SEED)
    lanes = width_bits // item_bits
    per_turn = CHAINS * lanes * (2 if operation == "fma" else 1)
    called = "scalar" if lanes == 1 else f"{width_bits}-bit"
    what = "fused multiply-adds (2 FLOP)" if operation == "fma" else "additions (1 FLOP)"

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, seed, turns)] * team.threads

    def finish(rate: Estimate) -> Ceiling:
        return Ceiling(
            kind="compute",
            name=f"{operation}_{dtype}_{'scalar' if lanes == 1 else width_bits}_{team.threads}t",
            level=None,
            width_bits=width_bits,
            dtype=dtype,
            threads=team.threads,
            operation=operation,
            byte_convention=None,
            working_set_bytes=None,
            value=rate.median,
            low=rate.low,
            high=rate.high,
            n=rate.n,
            unit="FLOP/s",
            source="measured",
            definition=f"{called} {dtype} {what} in {CHAINS} independent chains in registers, "
            f"{_plural(team.threads)}.",
        )

    label = f"{called} {operation.upper()} {dtype}, {_plural(team.threads)}"
    return Task(label, team, work, per_turn * team.threads, finish)


@dataclass(frozen=True)
class Stretch:
    """Memory for a team: a start address for each thread, and the bytes that each walks through."""

    addresses: tuple[int, ...]
    size_bytes: int


def load_task(team: Team, level: str, width_bits: int, dtype: str, stretch: Stretch, walk: str) -> Task:
    """Byte/s of vector loads and nothing else from one memory level."""
    probe, total = probes.LOADS[width_bits][walk], stretch.size_bytes * team.threads

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, a, stretch.size_bytes, turns) for a in stretch.addresses]

    each = f" for each of {team.threads} threads" if team.threads > 1 else ""
    finish = partial(
        _memory_ceiling,
        name=f"load_{level}_{width_bits}_{team.threads}t",
        level=level,
        width_bits=width_bits,
        dtype=dtype,
        threads=team.threads,
        operation="load",
        byte_convention="least",
        working_set_bytes=total,
        definition=f"{width_bits}-bit loads and nothing else, {format_bytes(stretch.size_bytes)}{each} read "
        f"{_CALLED[walk]}; the fastest of the walks and places tried.",
    )
    label = f"{level} load, {width_bits} bit, {_plural(team.threads)}"
    return Task(label, team, work, total, finish, warm_turns=0 if level == "DRAM" else WARM_PASSES)


def copy_task(team: Team, stores: str, width_bits: int, dtype: str, address: int, size_bytes: int) -> Task:
    """Byte/s of copying one half of DRAM_BYTES to the other: bytes read plus bytes written."""
    probe = probes.COPIES[stores, width_bits]
    part, starts = _parts(address, size_bytes, arrays=2, threads=team.threads)

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, to, source, part, turns) for to, source in starts]

    finish = partial(
        _memory_ceiling,
        name=f"copy_DRAM_{stores}_{team.threads}t",
        level="DRAM",
        width_bits=width_bits,
        dtype=dtype,
        threads=team.threads,
        operation="copy",
        byte_convention="stream",
        working_set_bytes=2 * part * team.threads,
        definition=f"b = a with {width_bits}-bit loads and {stores.replace('_', '-')} stores; "
        "counted are bytes read plus bytes written"
        + (
            ", and these stores read nothing first."
            if stores == "non_temporal"
            else " (STREAM); a processor that reads a line before it writes it moves 1.5 times as much."
        ),
        stores=stores,
    )
    label = f"DRAM copy, {stores.replace('_', '-')} stores, {_plural(team.threads)}"
    return Task(label, team, work, 2 * part * team.threads, finish)


def triad_task(team: Team, width_bits: int, dtype: str, address: int, size_bytes: int) -> Task:
    """Byte/s of a = b + s * c over three arrays in DRAM: STREAM's count of two reads and a write."""
    probe, scale = probes.TRIADS[width_bits], np.dtype(dtype).type(_SEED)
    part, starts = _parts(address, size_bytes, arrays=3, threads=team.threads)

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, *arrays, scale, part, turns) for arrays in starts]

    finish = partial(
        _memory_ceiling,
        name=f"triad_DRAM_{team.threads}t",
        level="DRAM",
        width_bits=width_bits,
        dtype=dtype,
        threads=team.threads,
        operation="triad",
        byte_convention="stream",
        working_set_bytes=3 * part * team.threads,
        definition=f"a = b + s * c in {dtype} with {width_bits}-bit vectors and regular stores; counted are "
        "two reads and a write (STREAM); a processor that reads a line before it writes it moves 4/3 as much.",
        stores="regular",
    )
    return Task(f"DRAM triad, {_plural(team.threads)}", team, work, 3 * part * team.threads, finish)


def _parts(address: int, size_bytes: int, arrays: int, threads: int) -> tuple[int, list[tuple[int, ...]]]:
    """Bytes of one thread's part of one array, and for each thread the addresses of its parts."""
    array = size_bytes // arrays // probes.GRANULE_BYTES * probes.GRANULE_BYTES
    part = array // threads // probes.GRANULE_BYTES * probes.GRANULE_BYTES
    return part, [tuple(address + array * i + part * t for i in range(arrays)) for t in range(threads)]


def _memory_ceiling(
    rate: Estimate,
    *,
    name: str,
    level: str,
    width_bits: int,
    dtype: str,
    threads: int,
    operation: str,
    byte_convention: str,
    working_set_bytes: int,
    definition: str,
    stores: str | None = None,
) -> Ceiling:
    return Ceiling(
        kind="memory",
        name=name,
        level=level,
        width_bits=width_bits,
        dtype=dtype,
        threads=threads,
        operation=operation,
        byte_convention=byte_convention,
        working_set_bytes=working_set_bytes,
        value=rate.median,
        low=rate.low,
        high=rate.high,
        n=rate.n,
        unit="byte/s",
        source="measured",
        definition=definition,
        stores=stores,
    )


def latency_task(team: Team, level: str, ring: int, size_bytes: int, line_bytes: int) -> Task:
    """Seconds per load of a pointer chase through a random ring of `size_bytes` (see `memory.build_ring`)."""
    at = [ring]

    def follow(turns: int, gate: int, target: int) -> None:
        at[0] = probes.chase(at[0], turns, gate, target)  # goes on where it stopped: a cold part of the ring

    def work(turns: int) -> Sequence[Work]:
        return [partial(follow, 8 * turns)]

    definition = (
        f"Each load's value is the next load's address: one ring through all {line_bytes}-byte lines of "
        f"{format_bytes(size_bytes)} in random order, in huge pages where the system gives them."
    )

    def finish(rate: Estimate) -> Latency:
        return Latency(level, size_bytes, inverse(rate), definition)

    warm = WARM_PASSES * -(-size_bytes // line_bytes // 8)
    return Task(f"{level} latency", team, work, 8.0, finish, warm_turns=0 if level == "DRAM" else warm)


def inverse(rate: Estimate) -> Estimate:
    """The estimate of 1 / rate: order statistics turn round, so low and high change places."""
    low = None if rate.high is None else 1 / rate.high
    high = None if rate.low is None else 1 / rate.low
    return Estimate(1 / rate.median, low, high, rate.n)
