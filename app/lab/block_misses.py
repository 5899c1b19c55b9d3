"""Under a sweep over the block: simulated misses of compiled_tiled, and whether they explain its best block."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core.model import Measurement
from accel_core.readings.sweep import PER_FLOP, Misses
from accel_core.studies.blocks import KERNEL, block_of, equally_fast
from accel_core.studies.record import Record
from app.parts import simulated

TITLE = KERNEL.partition("/")[2]
ALIKE = 1.1
"""Miss counts within this ratio of the least are as good as it."""


def misses(record: Record, measurements: Sequence[Measurement]) -> Misses:
    """Misses for 1,000 FLOP of each cache at the measured blocks; a button where they are not known."""
    from accel_core import cache

    swept = {block_of(m): m for m in measurements if m.kernel == KERNEL}
    if len(swept) < 3:
        return {}
    if max(max(m.shape) for m in swept.values()) > simulated.MOST_SIZE:
        st.caption(f"Misses are simulated up to N={simulated.MOST_SIZE}: choose a smaller size to see them.")
        return {}
    geometries = simulated.caches_of(record.machine)
    if geometries is None:
        return {}
    wanted = {block: one for block, m in sorted(swept.items()) if (one := cache.rung_traversal(m))}
    done = simulated.known(wanted.values(), geometries)
    if missing := [one for one in wanted.values() if one not in done]:
        simulated.button("Simulate the misses", missing, geometries)
        return {}
    lines: dict[str, list[tuple[float, float]]] = {}
    for block, traversal in wanted.items():
        for level in done[traversal].levels:
            count = PER_FLOP * level.total.misses / swept[block].flop
            lines.setdefault(level.level, []).append((float(block), count))
    return lines


def misses_reading(measurements: Sequence[Measurement], lines: Misses) -> str:
    """Which cache's fewest misses lie at the measured best block, or that none explains it; empty without."""
    swept = [m for m in measurements if m.kernel == KERNEL]
    if len(swept) < 3 or not lines:
        return ""
    fastest = {float(block_of(m)) for m in equally_fast(swept)}
    fewest = {level: _fewest(line) for level, line in lines.items() if not _flat(line)}
    if not fewest:
        return "No cache misses more often with one block than with another: misses do not explain the speed."
    where = "; ".join(f"{level} at {_span(blocks)}" for level, blocks in fewest.items())
    text = f"Simulated misses are fewest for {where}."
    agree = [level for level, blocks in fewest.items() if fastest & set(blocks)]
    best = _span(sorted(fastest))
    if agree:
        return f"{text} The measured best, block {best}, lies at the fewest misses of {' and '.join(agree)}."
    return (
        f"{text} The measured best, block {best}, is at none of these: misses alone do not explain it. "
        "They leave out the start of each tile's loops, fetching ahead, and how many loads run at once."
    )


def _fewest(line: Sequence[tuple[float, float]]) -> list[float]:
    """The blocks that miss at most a tenth more than the best one."""
    least = min(count for _, count in line)
    return [block for block, count in line if count <= ALIKE * least]


def _flat(line: Sequence[tuple[float, float]]) -> bool:
    return len(_fewest(line)) == len(line)


def _span(blocks: Sequence[float]) -> str:
    return f"{blocks[0]:.0f}" if len(blocks) == 1 else f"{blocks[0]:.0f} to {blocks[-1]:.0f}"
