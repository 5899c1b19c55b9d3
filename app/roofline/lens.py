"""The roofline's lenses: bytes as the core asks for them or as they come from DRAM, both simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from accel_core import registry
from accel_core.model import Case, Measurement
from accel_core.readings.lenses import LENSES, Traffic
from accel_core.studies import experiments
from accel_core.studies.blocks import KERNEL as TILED
from accel_core.studies.record import Record
from app.parts import components, simulated, theme
from app.session import settings

LEAST = "least"
TILED_NAME = TILED.partition("/")[2]
BLOCK_PX, BUDGET_S = 190, 1.0
LENS = settings.Choice(
    "lens",
    "Bytes",
    (LEAST, *LENSES),
    LEAST,
    "least: what any kernel must move, so all stand at one intensity. core: what the loops ask for, simulated: "
    "blocking moves the dot up. DRAM: what comes from memory, simulated: blocking moves the dot right.",
)
SIDE = next(p for p in registry.kernel(TILED)[1].parameters if p.name == "block")
BLOCK = settings.Choice(
    "tile",
    f"Block of {TILED_NAME}",
    SIDE.choices,
    SIDE.default,
    "Side of its tiles: the dots move with it. A block that has not been measured at this size yet is offered.",
)


def control() -> str:
    """The lens that the reader chose; empty for none."""
    chosen = str(settings.segments(LENS))
    return "" if chosen == LEAST else chosen


def seen(
    level: str, record: Record, kernels: Sequence[str], dtype: str, threads: int, since: str
) -> tuple[Traffic, ...]:
    """What the lens of this `level` shows, with what to choose and to start for it; nothing without a lens."""
    if not level:
        return ()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        with theme.field(BLOCK_PX):
            block = int(settings.select(BLOCK))
        return tuple(traffic(record, kernels, dtype, threads, since, block))


def measured(
    record: Record, kernels: Sequence[str], dtype: str, since: str = "", block: int | None = None
) -> list[Measurement]:
    """The newest of each rung that can be simulated, all of the size at which most were measured.

    A tiled kernel is taken with `block`, or with its usual one.
    """
    from accel_core.cache import RUNG_ORDERS

    wanted = {kernel: _with_block(registry.usual(kernel), block) for kernel in RUNG_ORDERS if kernel in kernels}
    usable = [
        m
        for m in record.measurements
        if m.kernel in wanted and (m.dtype, m.threads) == (dtype, 1) and m.created >= since
        if max(m.shape) <= simulated.MOST_SIZE and dict(m.parameters) == wanted[m.kernel]
    ]
    count = Counter(shape for shape, _ in {(tuple(m.shape), m.kernel) for m in usable})
    best = max(count, key=lambda shape: (count[shape], shape), default=None)
    newest = {m.kernel: m for m in reversed(usable) if tuple(m.shape) == best}
    return [newest[kernel] for kernel in RUNG_ORDERS if kernel in newest]


def _measure_button(case: Case) -> None:
    """Offer to measure the tiled kernel with a block that is not on record at this size."""
    cases = [case]
    components.job_button(
        f"Measure block {case.parameters['block']} at N={case.size}",
        experiments.bench_job(cases, BUDGET_S),
        key="measure block",
        help=f"{TILED_NAME} with this block has not been measured at this size yet.",
    )


def _with_block(parameters: dict[str, int], block: int | None) -> dict[str, int]:
    return {**parameters, "block": block} if block is not None and "block" in parameters else parameters


def traffic(
    record: Record, kernels: Sequence[str], dtype: str, threads: int, since: str, block: int
) -> list[Traffic]:
    """What is simulated so far, with a button for the rest; a sentence where there is nothing to simulate."""
    from accel_core import cache

    if threads != 1:
        st.info("The simulator sees one core: choose 1 thread.", icon=":material/memory:")
        return []
    points = measured(record, kernels, dtype, since, block)
    if not points:
        names = ", ".join(name.partition("/")[2] for name in cache.RUNG_ORDERS)
        st.info(
            f"Measure {names} on the page Ladder first, at N={simulated.MOST_SIZE} or less with {dtype}: the "
            "simulator knows their accesses.",
            icon=":material/memory:",
        )
        return []
    if not record.sample and TILED in kernels and TILED not in (m.kernel for m in points):
        _measure_button(Case(TILED, points[0].size, dtype, 1, _with_block(registry.usual(TILED), block)))
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
