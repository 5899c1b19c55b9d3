"""Which roofs are measured on this machine, in which order, and with how much of the budget.

The roofs that every picture needs come first. Tasks of a phase are sampled in turns, round after round, so that
a change of the clock or a noisy neighbour meets all of them alike and their ratios hold.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from numba import types

from accel_core.model import LEVELS, Machine
from accel_core.peaks import probes, tasks
from accel_core.peaks.memory import HUGE_PAGE_BYTES, Arena, build_ring, chase_bytes, roof_bytes, windows
from accel_core.peaks.tasks import Stretch, Task
from accel_core.peaks.team import Team

_PLACES = {"L1": 2, "L2": 12, "L3": 4, "DRAM": 1}
"""Places tried for a load roof. A cache is found by physical address, and the pages of a range of virtual
memory may crowd into few sets of it: the machine's roof is that of a place where they do not."""
_TRIALS = 3


@dataclass(frozen=True)
class Phase:
    """Roofs that are sampled in turns; `make` lays out memory and is called when the phase begins."""

    title: str
    share: float
    """Of the budget, relative to the other phases."""
    count: int
    make: Callable[[], Sequence[Task]]


def widths(machine: Machine) -> tuple[int, ...]:
    """Vector widths of this machine, widest first."""
    return tuple(w for w in (512, 256, 128) if w <= max(machine.simd.width_bits, 128))


def operations(machine: Machine) -> tuple[str, ...]:
    """ "fma" where the processor has it (without, LLVM would call a library function), and "add"."""
    has_fma = bool({"fma", "neon", "sve"} & set(machine.simd.features))
    return ("fma", "add") if has_fma else ("add",)


def levels(machine: Machine) -> tuple[str, ...]:
    """Memory levels whose size is known."""
    return tuple(level for level in LEVELS if level == "DRAM" or machine.cache(level) is not None)


def plan(
    machine: Machine, arena: Arena, one: Team, dtypes: Sequence[str], teams: Sequence[Team]
) -> tuple[Phase, ...]:
    """The phases in order; `one` measures the latency, `teams` are the asked-for numbers of threads."""
    roofs = [_roofs(machine, arena, team, dtypes) for team in teams]
    here = levels(machine)
    latency = Phase("latency", 2.0, len(here), lambda: _latencies(machine, arena, one, here))
    stores = [_stores(machine, arena, team, dtypes[0]) for team in teams]
    others = [_narrower(machine, team, dtypes) for team in teams]
    return (roofs[0], latency, *roofs[1:], *stores, *others)


def _called(team: Team) -> str:
    return "1 thread" if team.threads == 1 else f"{team.threads} threads"


def _roofs(machine: Machine, arena: Arena, team: Team, dtypes: Sequence[str]) -> Phase:
    wide, best, here = widths(machine), operations(machine)[0], levels(machine)
    load_widths = wide[:2]  # half-width loads are as fast on some cores, and faster on a few

    def make() -> Sequence[Task]:
        compute = [tasks.compute_task(team, best, wide[0], dtype) for dtype in dtypes]
        size = arena.size_bytes
        loads = [
            best_load(machine, arena, team, level, width, dtypes[0], roof_bytes(machine, level, size) or 0)
            for level in here
            for width in load_widths
        ]
        return compute + loads

    count = len(dtypes) + len(here) * len(load_widths)
    return Phase(f"widest {best.upper()} and load roofs, {_called(team)}", 6.0, count, make)


def _stores(machine: Machine, arena: Arena, team: Team, dtype: str) -> Phase:
    wide, at, size = widths(machine)[0], arena.address, arena.size_bytes

    def make() -> Sequence[Task]:
        copies = [tasks.copy_task(team, kind, wide, dtype, at, size) for kind in ("regular", "non_temporal")]
        return [*copies, tasks.triad_task(team, wide, dtype, at, size)]

    return Phase(f"DRAM copy and triad, {_called(team)}", 2.0, 3, make)


def _narrower(machine: Machine, team: Team, dtypes: Sequence[str]) -> Phase:
    others = _others(machine, dtypes)

    def make() -> Sequence[Task]:
        return [tasks.compute_task(team, *which) for which in others]

    return Phase(f"other widths, {_called(team)}", 2.0, len(others), make)


def _others(machine: Machine, dtypes: Sequence[str]) -> list[tuple[str, int, str]]:
    """(operation, width_bits, dtype) of all compute roofs but the widest of the best operation."""
    first = (operations(machine)[0], widths(machine)[0])
    scalar = {"float32": 32, "float64": 64}
    every = [(o, w, d) for d in dtypes for o in operations(machine) for w in (*widths(machine), scalar[d])]
    return [one for one in every if one[:2] != first]


def _sharers(machine: Machine, level: str, team: Team) -> int:
    """How many threads of the team share one instance of the cache."""
    cache = machine.cache(level)
    if cache is None:
        return team.threads
    if cache.shared_cpus and team.cpus:
        return max(len(set(cache.shared_cpus) & set(team.cpus)), 1)
    return team.threads if level == "L3" else 1


def stretches(machine: Machine, arena: Arena, team: Team, level: str, whole: int) -> list[Stretch]:
    """Places for a walk of the team through `whole` bytes each: sharers of a cache divide the working set."""
    each = whole // _sharers(machine, level, team) // probes.GRANULE_BYTES * probes.GRANULE_BYTES
    if level == "DRAM":
        return [Stretch(tuple(arena.address + each * t for t in range(team.threads)), each)]
    places = windows(arena, each, _PLACES[level] * team.threads)
    groups = [places[i : i + team.threads] for i in range(0, len(places), team.threads)]
    return [Stretch(tuple(group), each) for group in groups if len(group) == team.threads]


def best_load(
    machine: Machine, arena: Arena, team: Team, level: str, width: int, dtype: str, size_bytes: int
) -> Task:
    """The load task of the fastest walk in the fastest place, chosen by a few short trials of each."""
    choices = [
        tasks.load_task(team, level, width, dtype, stretch, walk)
        for stretch in stretches(machine, arena, team, level, size_bytes)
        for walk in probes.LOADS[width]
    ]
    for choice in choices:
        choice.prepare(sample_s=1e-3)
    trials = 1 if level == "DRAM" else _TRIALS
    return max(choices, key=lambda choice: max(choice.rate(choice.turns)[0] for _ in range(trials)))


def _latencies(machine: Machine, arena: Arena, one: Team, here: Sequence[str]) -> Sequence[Task]:
    """One ring a level, each in huge pages of its own."""
    made, offset = [], 0
    for level in here:
        cache, size = machine.cache(level), chase_bytes(machine, level, arena.size_bytes)
        if size is None or offset + size > arena.size_bytes:
            continue
        line = (cache.line_bytes if cache else None) or 64
        ring = build_ring(arena, offset, size, line, seed=offset + 1)
        made.append(tasks.latency_task(one, level, ring, size, line))
        offset += -(-size // HUGE_PAGE_BYTES) * HUGE_PAGE_BYTES
    return made


def signatures(machine: Machine, dtypes: Sequence[str]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Every probe that the plan calls, with the types it is called with: what has to be compiled."""
    item, whole = {"float32": types.float32, "float64": types.float64}, types.int64
    wide = widths(machine)
    every: list[tuple[Any, tuple[Any, ...]]] = []
    for operation, width, dtype in [(operations(machine)[0], wide[0], d) for d in dtypes] + _others(
        machine, dtypes
    ):
        every.append((probes.COMPUTE[operation, width], (item[dtype], whole, whole, whole)))
    for width in wide[:2]:
        every += [(probe, (whole,) * 5) for probe in probes.LOADS[width].values()]
    every += [(probes.COPIES[kind, wide[0]], (whole,) * 6) for kind in ("regular", "non_temporal")]
    every.append((probes.TRIADS[wide[0]], (whole, whole, whole, item[dtypes[0]], *(whole,) * 4)))
    return [*every, (probes.chase, (whole,) * 4), (probes.dependent_adds, (whole,) * 4)]
