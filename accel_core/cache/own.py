"""The caches of a machine as far as they can be simulated, and in words wherever they differ from what it says.

A simulated cache needs ways, a line and a whole number of sets. macOS says no ways, some kernels say ways that
leave a rest of a set (15 ways on a Kunpeng 920), or lines that are shorter than those of the level above (a
Raspberry Pi 5 before its device tree was corrected).
"""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.cache.geometry import MOST_LEVELS, PAGE_BYTES, CacheGeometry, checked
from accel_core.errors import BadInput
from accel_core.model import CacheLevel, Machine
from accel_core.units import format_bytes

ASSUMED_WAYS, ASSUMED_LINE_BYTES = 8, 64
ASSUMED_CACHES = (CacheGeometry(32 << 10, 8, 64), CacheGeometry(512 << 10, 8, 64))
"""Where nothing is known of any cache: the first two levels of many small processors."""
_LEAST_LINE_BYTES = 8


def cpu_caches(machine: Machine | None) -> tuple[CacheGeometry, ...]:
    """The data caches of `machine`, each the nearest that can be simulated; BadInput without a machine."""
    return _own(machine)[0]


def cpu_notes(machine: Machine | None) -> tuple[str, ...]:
    """A sentence for each thing that `cpu_caches` assumed or moved; none where all is as detected."""
    return _own(machine)[1]


def _own(machine: Machine | None) -> tuple[tuple[CacheGeometry, ...], tuple[str, ...]]:
    if machine is None:
        raise BadInput("The caches of an unknown machine are asked for: write them as 32768:8:64,...")
    if not machine.caches:
        sizes = " and ".join(format_bytes(cache.size_bytes) for cache in ASSUMED_CACHES)
        assumed = f"The caches of this machine are unknown: {sizes}, of 8 ways and lines of 64 B, are assumed."
        return ASSUMED_CACHES, (assumed,)
    caches: list[CacheGeometry] = []
    notes: list[str] = []
    levels, left_out = _simulated(machine.caches)
    for level in levels:
        fitted, told = _fitted(level, caches[-1].line_bytes if caches else _LEAST_LINE_BYTES)
        caches.append(fitted)
        notes += told
    return checked(caches), (*notes, *left_out)


def _simulated(caches: Sequence[CacheLevel]) -> tuple[list[CacheLevel], list[str]]:
    """The levels that can be simulated, each once, and a sentence for each that is left out."""
    levels: list[CacheLevel] = []
    left_out: list[str] = []
    for cache in caches:
        if any(cache.level == level.level for level in levels):
            left_out.append(f"{cache.level}: it is listed twice; the first of the two is simulated.")
        elif len(levels) == MOST_LEVELS:
            left_out.append(f"{cache.level}: left out, since {MOST_LEVELS} levels are simulated at most.")
        else:
            levels.append(cache)
    return levels, left_out


def _fitted(level: CacheLevel, least_line: int) -> tuple[CacheGeometry, list[str]]:
    """One level as it can be simulated, its lines at least those of the level above, and what that changed."""
    notes = []
    line = _line(level.line_bytes or max(ASSUMED_LINE_BYTES, least_line), least_line)
    if not level.line_bytes:
        notes.append(f"{level.level}: the length of its lines is unknown; {line} B are assumed.")
    elif line != level.line_bytes:
        told = format_bytes(level.line_bytes)
        notes.append(f"{level.level}: lines of {told} cannot be simulated below those above; {line} B are.")
    ways = level.ways or ASSUMED_WAYS
    if not level.ways:
        notes.append(f"{level.level}: its ways are unknown; {ways} are assumed.")
    sets = max(1, round(level.size_bytes / (ways * line)))
    fitted = CacheGeometry(sets * ways * line, ways, line)
    if level.reported_bytes:
        notes.append(
            f"{level.level}: the system reports {format_bytes(level.reported_bytes)}, but by the measured "
            f"curve this process gets about {format_bytes(level.size_bytes)} of it; {sets:,} sets of {ways} "
            f"lines are simulated, {format_bytes(fitted.size_bytes)}."
        )
    elif fitted.size_bytes != level.size_bytes:
        notes.append(
            f"{level.level}: {level.size_bytes:,} B are no whole number of sets of {ways} lines of {line} B; "
            f"simulated with {sets:,} sets, {fitted.size_bytes:,} B."
        )
    return fitted, notes


def _line(wanted: int, least: int) -> int:
    """The power of two that is nearest to `wanted`, from the lines of the level above to a page."""
    power = 1 << wanted.bit_length() - 1
    nearest = power if wanted - power <= 2 * power - wanted else 2 * power
    return min(max(nearest, least, _LEAST_LINE_BYTES), PAGE_BYTES)
