"""What is measured for each roof: the probe, how much one turn of it does, and the record that comes out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from accel_core.model import DRAM, ITEM_BYTES, Ceiling, Clock, Estimate, Latency
from accel_core.peaks import probes
from accel_core.peaks.loops import CHAIN_LENGTH, CHAINS
from accel_core.peaks.memory import Ring
from accel_core.peaks.places import QUANTUM_BYTES, Conveyor, Stretch
from accel_core.peaks.task import STATISTIC, TRIES, Task
from accel_core.peaks.team import Team, Work
from accel_core.stats import inverse
from accel_core.units import format_bytes, format_count

WARM_PASSES = 3
"""A cache that is filled by what another evicts, or that replaces at random, is not full of the working set
after one pass: seen on AMD's L3, where the latency settles with the third."""
_SEED = 0.5
"""x * 0.5 + 0.5 tends to 1: no overflow, no denormal numbers, whatever the number of turns."""
_CALLED = {"one stream": "in order", "four streams": "as four streams side by side"}


def clock_task(team: Team) -> Task:
    """The running clock, from dependent register additions of one cycle each."""
    definition = (
        f"Integer additions, register plus register, {CHAIN_LENGTH} in a turn, each waiting for the one "
        f"before: one cycle each; {STATISTIC}."
    )

    def work(turns: int) -> Sequence[Work]:
        return [partial(probes.dependent_adds, 1, turns)]

    return Task("clock", team, work, CHAIN_LENGTH, lambda rate: Clock(rate, definition))


def compute_name(operation: str, width_bits: int, dtype: str, threads: int) -> str:
    """ "fma_float32_512_1t", "add_float64_scalar_2t"."""
    width = "scalar" if width_bits == 8 * ITEM_BYTES[dtype] else width_bits
    return f"{operation}_{dtype}_{width}_{threads}t"


def _ceiling(kind: str, team: Team, operation: str, **said: Any) -> Callable[[Estimate], Ceiling]:
    """What makes the ceiling of an operation out of its rate: `said` are the fields that differ."""
    fields = {"level": None, "byte_convention": None, "working_set_bytes": None, **said}
    unit = "FLOP/s" if kind == "compute" else "byte/s"

    def finish(rate: Estimate) -> Ceiling:
        return Ceiling(
            kind=kind,
            threads=team.threads,
            operation=operation,
            value=rate.median,
            low=rate.low,
            high=rate.high,
            n=rate.n,
            unit=unit,
            source="measured",
            tries=TRIES,
            **fields,
        )

    return finish


def compute_task(team: Team, operation: str, width_bits: int, dtype: str) -> Task:
    """FLOP/s of independent chains of FMA or additions held in registers."""
    item_bits = 8 * ITEM_BYTES[dtype]
    probe, seed = probes.COMPUTE[operation, width_bits], np.dtype(dtype).type(_SEED)
    lanes = width_bits // item_bits
    per_turn = CHAINS * lanes * (2 if operation == "fma" else 1)
    called = "scalar" if lanes == 1 else f"{width_bits}-bit"
    what = "fused multiply-adds (2 FLOP)" if operation == "fma" else "additions (1 FLOP)"

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, seed, turns)] * team.threads

    finish = _ceiling(
        "compute",
        team,
        operation,
        name=compute_name(operation, width_bits, dtype, team.threads),
        width_bits=width_bits,
        dtype=dtype,
        definition=f"{called} {dtype} {what} in {CHAINS} independent chains in registers, "
        f"{format_count(team.threads, 'thread')}.",
    )
    label = f"{called} {operation.upper()} {dtype}, {format_count(team.threads, 'thread')}"
    return Task(label, team, work, per_turn * team.threads, finish)


def load_task(team: Team, level: str, width_bits: int, dtype: str, stretch: Stretch, walk: str) -> Task:
    """Byte/s of vector loads and nothing else from a cache: every thread reads its part again and again."""
    probe, total = probes.LOADS[width_bits][walk], stretch.size_bytes * team.threads

    def work(turns: int) -> Sequence[Work]:
        return [partial(probe, a, stretch.size_bytes, turns) for a in stretch.addresses]

    each = f" for each of {team.threads} threads" if team.threads > 1 else ""
    said = level, width_bits, dtype, walk, total, format_bytes(stretch.size_bytes) + each
    return _load(team, work, total, *said, warm=lambda: team.time(work(WARM_PASSES)))


def far_load_task(team: Team, width_bits: int, dtype: str, conveyor: Conveyor, walk: str) -> Task:
    """Byte/s of vector loads from DRAM: every try reads on where the one before ended."""
    probe = probes.LOADS[width_bits][walk]

    def work(turns: int) -> Sequence[Work]:
        (starts,) = conveyor.take(1, team.threads, turns)
        return [partial(probe, start, turns * QUANTUM_BYTES, 1) for start in starts]

    block = f"a block of {format_bytes(conveyor.size_bytes)}, piece after piece,"
    said, most = (
        (DRAM, width_bits, dtype, walk, conveyor.size_bytes, block),
        conveyor.most_turns(1, team.threads),
    )
    return _load(team, work, QUANTUM_BYTES * team.threads, *said, most_turns=most)


def _load(
    team: Team,
    work: Callable[[int], Sequence[Work]],
    amount: int,
    level: str,
    width_bits: int,
    dtype: str,
    walk: str,
    total: int,
    what: str,
    **more: Any,
) -> Task:
    """A roof of loads from `what`, of `total` bytes in all."""
    finish = _ceiling(
        "memory",
        team,
        "load",
        name=f"load_{level}_{width_bits}_{team.threads}t",
        level=level,
        width_bits=width_bits,
        dtype=dtype,
        byte_convention="least",
        working_set_bytes=total,
        definition=f"{width_bits}-bit loads and nothing else, {what} read {_CALLED[walk]}; "
        "the fastest of the walks and places tried.",
    )
    label = f"{level} load, {width_bits} bit, {format_count(team.threads, 'thread')}"
    return Task(label, team, work, amount, finish, **more)


def _far_store_task(
    team: Team,
    operation: str,
    arrays: int,
    call: Callable[..., Work],
    conveyor: Conveyor,
    dirty_bytes: int,
    **said: Any,
) -> Task:
    """A roof of DRAM that stores: `call` makes of pieces of so many `arrays` and their size one call.

    First caches of `dirty_bytes` are filled with written lines, so that a try drives out as many as it leaves
    behind. Without that, a try after loads leaves its last lines in the cache and is not charged for writing
    them back: a triad over 3 MiB then ran at 24 GB/s where 48 MiB ran at 14 (2-core Emerald Rapids virtual
    machine).
    """

    def work(turns: int) -> Sequence[Work]:
        pieces = conveyor.take(arrays, team.threads, turns)
        return [call(*each, turns * QUANTUM_BYTES) for each in zip(*pieces, strict=True)]

    label = f"DRAM {said.pop('label')}, {format_count(team.threads, 'thread')}"
    size = conveyor.size_bytes
    finish = _ceiling(
        "memory", team, operation, level=DRAM, byte_convention="stream", working_set_bytes=size, **said
    )
    amount, most = arrays * QUANTUM_BYTES * team.threads, conveyor.most_turns(arrays, team.threads)
    dirtying = min(max(-(-dirty_bytes // (QUANTUM_BYTES * team.threads)), 1), most)
    return Task(label, team, work, amount, finish, lambda: team.time(work(dirtying)), most_turns=most)


def copy_task(
    team: Team, stores: str, width_bits: int, dtype: str, conveyor: Conveyor, dirty_bytes: int = 0
) -> Task:
    """Byte/s of copying one piece of the block to another: bytes read plus bytes written."""
    kind = stores.replace("_", "-")
    return _far_store_task(
        team,
        "copy",
        2,
        lambda to, source, size: partial(probes.COPIES[stores, width_bits], to, source, size, 1),
        conveyor,
        dirty_bytes,
        label=f"copy, {kind} stores",
        name=f"copy_DRAM_{stores}_{team.threads}t",
        width_bits=width_bits,
        dtype=dtype,
        stores=stores,
        definition=f"b = a with {width_bits}-bit loads and {kind} stores, piece after piece of a block of "
        f"{format_bytes(conveyor.size_bytes)}; counted are bytes read plus bytes written"
        + (
            ", and these stores read nothing first"
            if stores == "non_temporal"
            else " (STREAM); a processor that reads a line before it writes it moves 1.5 times as much"
        )
        + ".",
    )


def triad_task(team: Team, width_bits: int, dtype: str, conveyor: Conveyor, dirty_bytes: int = 0) -> Task:
    """Byte/s of a = b + s * c over three pieces of the block: STREAM's count of two reads and a write."""
    probe, scale = probes.TRIADS[width_bits], np.dtype(dtype).type(_SEED)
    return _far_store_task(
        team,
        "triad",
        3,
        lambda to, first, second, size: partial(probe, to, first, second, scale, size, 1),
        conveyor,
        dirty_bytes,
        label="triad",
        name=f"triad_DRAM_{team.threads}t",
        width_bits=width_bits,
        dtype=dtype,
        stores="regular",
        definition=f"a = b + s * c in {dtype} with {width_bits}-bit vectors and regular stores, piece after "
        f"piece of a block of {format_bytes(conveyor.size_bytes)}; counted are two reads and a write (STREAM); "
        "a processor that reads a line before it writes it moves 4/3 as much.",
    )


def latency_task(
    team: Team, level: str, ring: Ring, line_bytes: int, warm: Callable[[], object] = lambda: None
) -> Task:
    """Seconds per load of a pointer chase through a ring (see `memory.build_ring`)."""
    at = [ring.address]

    def follow(turns: int, gate: int, target: int) -> None:
        # goes on where it stopped, in a cold part of the ring
        at[0] = probes.chase(at[0], 8 * turns, gate, target)

    def work(turns: int) -> Sequence[Work]:
        return [partial(follow, turns)]

    definition = (
        f"Each load's value is the next load's address: one ring through all {line_bytes}-byte lines of "
        f"{format_bytes(ring.size_bytes)} in an order that no prefetcher can guess, in huge pages where the "
        f"system gives them; {STATISTIC}."
    )

    def finish(rate: Estimate) -> Latency:
        return Latency(level, ring.size_bytes, inverse(rate), definition)

    return Task(f"{level} latency", team, work, 8.0, finish, warm=warm)
