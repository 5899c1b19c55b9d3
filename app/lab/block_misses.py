"""Under a sweep over the block: simulated misses of compiled_tiled."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core.model import Measurement
from accel_core.readings.sweep import PER_FLOP, Misses
from accel_core.studies.blocks import KERNEL, block_of
from accel_core.studies.record import Record
from app.parts import simulated

TITLE = KERNEL.partition("/")[2]


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
