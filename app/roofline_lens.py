"""The roofline's lenses: bytes as the core asks for them or as they come from DRAM, both simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import settings
import simulated
import streamlit as st
from records import Record

from accel_core import registry
from accel_core.figures import LENSES, Traffic
from accel_core.model import Measurement

LEAST = "least"
TITLES = {LEAST: "least", "core": "asked by the core", "DRAM": "from DRAM"}
LENS = settings.Choice(
    "lens",
    "Bytes",
    (LEAST, *LENSES),
    LEAST,
    "least: what any kernel must move, so all stand at one intensity. core: what the loops ask for, simulated: "
    "blocking moves the dot up. DRAM: what comes from memory, simulated: blocking moves the dot right.",
)


def control() -> str:
    """The lens that the reader chose: "" for none."""
    chosen = str(settings.segments(LENS))
    return "" if chosen == LEAST else chosen


def measured(record: Record, kernels: Sequence[str], dtype: str, since: str = "") -> list[Measurement]:
    """The newest of each rung that can be simulated, all of the size at which most were measured."""
    from accel_core.cache import RUNG_ORDERS

    usable = [
        m
        for m in record.measurements
        if m.kernel in RUNG_ORDERS and m.kernel in kernels and (m.dtype, m.threads) == (dtype, 1)
        if max(m.shape) <= simulated.MOST_SIZE and m.created >= since and dict(m.parameters) == usual(m.kernel)
    ]
    count = Counter(shape for shape, _ in {(tuple(m.shape), m.kernel) for m in usable})
    best = max(count, key=lambda shape: (count[shape], shape), default=None)
    newest = {m.kernel: m for m in reversed(usable) if tuple(m.shape) == best}
    return [newest[kernel] for kernel in RUNG_ORDERS if kernel in newest]


def usual(kernel_id: str) -> dict[str, int]:
    """The parameters that a kernel has where nobody chooses: a sweep's other blocks do not stand for it."""
    return {p.name: p.default for p in registry.kernel(kernel_id)[1].parameters}


def traffic(record: Record, kernels: Sequence[str], dtype: str, threads: int, since: str) -> list[Traffic]:
    """What is simulated so far, with a button for the rest; a sentence where there is nothing to simulate."""
    from accel_core import cache

    if threads != 1:
        st.info("The simulator sees one core: choose 1 thread.", icon=":material/memory:")
        return []
    points = measured(record, kernels, dtype, since)
    if not points:
        names = ", ".join(name.partition("/")[2] for name in cache.RUNG_ORDERS)
        st.info(
            f"Measure {names} on the page Ladder first, at N={simulated.MOST_SIZE} or less with {dtype}: the "
            "simulator knows their accesses.",
            icon=":material/memory:",
        )
        return []
    geometries = simulated.caches_of(record.machine)
    if geometries is None:
        return []
    wanted = {m.id: traversal for m in points if (traversal := cache.rung_traversal(m))}
    done = simulated.known(wanted.values(), geometries)
    missing = [one for one in wanted.values() if one not in done]
    if missing:
        kernels_text = "1 kernel" if len(missing) == 1 else f"{len(missing)} kernels"
        simulated.button(f"Simulate {kernels_text} at N={points[0].size}", missing, geometries)
    return [Traffic(m, cache.traffic(done[wanted[m.id]])) for m in points if wanted.get(m.id) in done]
