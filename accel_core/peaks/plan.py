"""Which roofs are measured on this machine: each as a task, the fastest of the walks and places tried."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from numba import types

from accel_core.model import DRAM, ITEM_BYTES, LEVELS, Machine
from accel_core.peaks import probes, tasks
from accel_core.peaks.memory import (
    HUGE_PAGE_BYTES,
    Arena,
    Region,
    build_ring,
    line_bytes,
    link,
    place,
    whole_granules,
)
from accel_core.peaks.places import Conveyor, dirty_bytes, part_bytes, ring_bytes, stretches
from accel_core.peaks.task import Task
from accel_core.peaks.team import Team
from accel_core.units import format_count

TRIAL_S = 1e-3
"""Length of a try by which the fastest place is found."""
_TRIALS = 2


@dataclass(frozen=True)
class Roof:
    """One roof to be measured: the name of its ceiling, and the tasks of which the fastest is it."""

    name: str
    choices: Sequence[Callable[[], Task]]


def widths(machine: Machine) -> tuple[int, ...]:
    """Vector widths of this machine, widest first."""
    return tuple(w for w in (512, 256, 128) if w <= max(machine.simd.width_bits, 128))


def operations(machine: Machine) -> tuple[str, ...]:
    """ "fma" where the processor has it (without, LLVM would call a library function), and "add"."""
    has_fma = bool({"fma", "neon", "sve"} & set(machine.simd.features))
    return ("fma", "add") if has_fma else ("add",)


def levels(machine: Machine) -> tuple[str, ...]:
    """Memory levels whose size is known."""
    return tuple(level for level in LEVELS if level == DRAM or machine.cache(level) is not None)


def plan(
    machine: Machine, region: Region, dtypes: Sequence[str], teams: Sequence[Team]
) -> tuple[list[Roof], list[str]]:
    """The roofs of all teams in the order of their worth, and a sentence on each that cannot be measured.

    `machine` has the effective sizes of its caches.
    """
    conveyor = Conveyor(region)
    roofs, left_out = [], []
    for team in teams:
        roofs += [_compute(team, *which) for which in _widest(machine, dtypes)]
    for team in teams:
        for level in levels(machine):
            made = _loads(machine, region, conveyor, team, level, dtypes[0])
            roofs += made
            if not made:
                left_out.append(
                    f"The {level} roof of {format_count(team.threads, 'thread')} is left out: each one's part "
                    f"of {level} is no larger than the nearer cache."
                )
    for team in teams:
        roofs += _stores(machine, conveyor, team, dtypes[0])
        roofs += [_compute(team, *which) for which in _others(machine, dtypes)]
    return roofs, left_out


def _compute(team: Team, operation: str, width_bits: int, dtype: str) -> Roof:
    made = partial(tasks.compute_task, team, operation, width_bits, dtype)
    return Roof(tasks.compute_name(operation, width_bits, dtype, team.threads), (made,))


def _widest(machine: Machine, dtypes: Sequence[str]) -> list[tuple[str, int, str]]:
    return [(operations(machine)[0], widths(machine)[0], dtype) for dtype in dtypes]


def _others(machine: Machine, dtypes: Sequence[str]) -> list[tuple[str, int, str]]:
    """(operation, width_bits, dtype) of all compute roofs but the widest of the best operation."""
    wide = widths(machine)
    every = [(o, w, d) for d in dtypes for o in operations(machine) for w in (*wide, 8 * ITEM_BYTES[d])]
    return [one for one in every if one not in _widest(machine, dtypes)]


def load_widths(machine: Machine) -> tuple[int, ...]:
    """The two widest: half-width loads are as fast on some cores, and faster on a few."""
    return widths(machine)[:2]


def _loads(
    machine: Machine, region: Region, conveyor: Conveyor, team: Team, level: str, dtype: str
) -> list[Roof]:
    """The load roofs of one level, one for each width; none where there is no room or no such level."""
    roofs = []
    for width in load_widths(machine):
        walks = probes.LOADS[width]
        if level == DRAM:
            room = conveyor.most_turns(1, team.threads)
            made = partial(tasks.far_load_task, team, width, dtype, conveyor)
            choices = [partial(made, walk) for walk in walks if room]
        else:
            part = part_bytes(machine, level, team.threads, team.cpus)
            found = stretches(region, level, team.threads, part) if part else []
            made = partial(tasks.load_task, team, level, width, dtype)
            choices = [partial(made, stretch, walk) for stretch in found for walk in walks]
        if choices:
            roofs.append(Roof(f"load_{level}_{width}_{team.threads}t", choices))
    return roofs


def _stores(machine: Machine, conveyor: Conveyor, team: Team, dtype: str) -> list[Roof]:
    wide, dirty = widths(machine)[0], dirty_bytes(machine, team.cpus)
    roofs = []
    if conveyor.most_turns(2, team.threads):
        for kind in ("regular", "non_temporal"):
            made = partial(tasks.copy_task, team, kind, wide, dtype, conveyor, dirty)
            roofs.append(Roof(f"copy_DRAM_{kind}_{team.threads}t", (made,)))
    if conveyor.most_turns(3, team.threads):
        triad = partial(tasks.triad_task, team, wide, dtype, conveyor, dirty)
        roofs.append(Roof(f"triad_DRAM_{team.threads}t", (triad,)))
    return roofs


def fastest(roof: Roof, until: Callable[[], bool]) -> Task:
    """The task of the fastest choice by a few short tries of each; those tried before `until()` says stop."""
    best, most = None, 0.0
    for made in roof.choices:
        task = made()
        if len(roof.choices) == 1:
            return task
        task.prepare(TRIAL_S)
        task.warm()
        rate = max(task.rate(task.turns)[0] for _ in range(_TRIALS))
        if best is None or rate > most:
            best, most = task, rate
        if until():
            break
    assert best is not None
    return best


def latencies(machine: Machine, arena: Arena, one: Team) -> list[Task]:
    """One ring a level, each in huge pages of its own, that of DRAM in all that is left of the block."""
    made, offset = [], 0
    for level in levels(machine):
        left = whole_granules(max(arena.size_bytes - offset, 0))
        size = left if level == DRAM else ring_bytes(machine, level)
        if not size or size > left:
            continue
        line = line_bytes(machine, level)
        ring = build_ring(arena, offset, size, line, seed=offset + 1)
        warm = warmer(one, widths(machine)[0], place(arena, offset, size), size)
        made.append(tasks.latency_task(one, level, ring, line, (lambda: None) if level == DRAM else warm))
        offset += -(-size // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    return made


def warmer(one: Team, width_bits: int, address: int, size_bytes: int) -> Callable[[], object]:
    """Reads a range a few times in order, which is quicker than the chase that is to find it in the cache."""
    probe = probes.LOADS[width_bits]["four streams"]
    return lambda: one.time([partial(probe, address, size_bytes, tasks.WARM_PASSES)])


def signatures(machine: Machine, dtypes: Sequence[str]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Every probe that the plan calls, with the types it is called with: what has to be compiled."""
    item, whole = {"float32": types.float32, "float64": types.float64}, types.int64
    wide = widths(machine)
    every: list[tuple[Any, tuple[Any, ...]]] = []
    for operation, width, dtype in _widest(machine, dtypes) + _others(machine, dtypes):
        every.append((probes.COMPUTE[operation, width], (item[dtype], whole, whole, whole)))
    for width in load_widths(machine):
        every += [(probe, (whole,) * 5) for probe in probes.LOADS[width].values()]
    every += [(probes.COPIES[kind, wide[0]], (whole,) * 6) for kind in ("regular", "non_temporal")]
    every.append((probes.TRIADS[wide[0]], (whole, whole, whole, item[dtypes[0]], *(whole,) * 4)))
    every.append((link, (types.int64[::1], *(whole,) * 6)))
    return [*every, (probes.chase, (whole,) * 4), (probes.dependent_adds, (whole,) * 4)]
