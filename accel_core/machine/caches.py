"""Caches from the point of view of one processor, out of a list of all caches of the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from accel_core.machine.partial import CACHES, Partial, Value, format_cpu_list, parse_cpu_list
from accel_core.model import CACHE_LEVELS, CacheGroup, CacheLevel
from accel_core.units import format_bytes

LEVELS = range(1, 1 + len(CACHE_LEVELS))
"""By the numbers that systems give them."""


def cache_facts(groups: Sequence[CacheGroup], cpu: int | None) -> dict[str, Value]:
    """Facts of each level as processor `cpu` sees it, and one line that lists every cache of the machine.

    Where the system does not number processors, the first group of a level is the one that is meant.
    """
    facts: dict[str, Value] = {}
    for level in LEVELS:
        here = [g for g in groups if g.level == level]
        mine = next((g for g in here if cpu in g.cpus or not g.cpus), None)
        if mine is None:
            continue
        facts[f"L{level} size"] = mine.size_bytes
        facts[f"L{level} ways"] = mine.ways
        facts[f"L{level} line"] = mine.line_bytes
        facts[f"L{level} shared by"] = format_cpu_list(mine.cpus) or None
        facts[f"L{level} instances"] = sum(g.copies for g in here if g.size_bytes == mine.size_bytes)
    facts[CACHES] = inventory(groups)
    return facts


def inventory(groups: Sequence[CacheGroup]) -> str | None:
    """All data caches in one line, the same whoever asks: `2 x L1 48 KiB 12-way, 1 x L3 32 MiB 16-way`."""
    counts: Counter[tuple[int, int, int]] = Counter()
    for g in groups:
        counts[g.level, -g.size_bytes, g.ways or 0] += g.copies
    lines = [
        f"{n} x L{level} {format_bytes(-size)}" + (f" {ways}-way" if ways else "")
        for (level, size, ways), n in sorted(counts.items())
    ]
    return ", ".join(lines) or None


def cache_levels(
    decided: Mapping[str, Value], sources: Mapping[str, str], partials: Sequence[Partial]
) -> tuple[CacheLevel, ...]:
    """The decided facts as `CacheLevel`s, near to far; a level without a size is left out.

    The other caches of a level are those of the source that was believed about its size.
    """
    listed = {partial.source: partial.caches for partial in partials if partial.caches}

    def whole(name: str) -> int | None:
        value = decided.get(name)
        return int(value) if isinstance(value, (int, float)) else None

    levels = []
    for number in LEVELS:
        name = f"L{number}"
        size = whole(f"{name} size")
        if size:
            shared = decided.get(f"{name} shared by")
            levels.append(
                CacheLevel(
                    level=name,
                    size_bytes=size,
                    ways=whole(f"{name} ways"),
                    line_bytes=whole(f"{name} line"),
                    shared_cpus=parse_cpu_list(shared if isinstance(shared, str) else None),
                    instances=whole(f"{name} instances"),
                    source=(source := sources.get(f"{name} size", "")),
                    groups=tuple(g for g in listed.get(source, ()) if g.level == number),
                )
            )
    return tuple(levels)
