"""The roofline's lenses: bytes as the core asks for them or as they come from DRAM, both simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import streamlit as st

from accel_core import registry
from accel_core.model import Case, Kernel, Measurement, Workload
from accel_core.readings.lenses import LENSES, Traffic
from accel_core.studies import experiments
from accel_core.studies.record import Record
from app.parts import components, simulated, theme
from app.session import settings

LEAST, COUNTED = "least", "counted"
BLOCK_PX, BUDGET_S = 190, 1.0
LENS = settings.Choice(
    "lens",
    "Bytes",
    (LEAST, COUNTED, *LENSES),
    LEAST,
    "least: what any kernel must move, so all stand at one intensity. counted: what its passes move, by hand "
    "count: fusing moves the dot right. core: what the loops ask for, simulated: "
    "blocking moves the dot up. DRAM: what comes from memory, simulated: blocking moves the dot right.",
)


def followed() -> list[Workload]:
    """The workloads with rungs whose accesses the simulator generates, as they declare."""
    return [workload for workload in registry.WORKLOADS if workload.followed]


def of() -> settings.Choice:
    """Whose dots a lens shows, where several workloads have any."""
    names = tuple(workload.name for workload in followed())
    return settings.Choice("of", "Dots of", names, names[0], "The workload whose accesses are simulated.")


def tiled(workload: Workload) -> Kernel | None:
    """The rung that runs over tiles; None where no simulated one does."""
    return next((kernel for kernel in workload.followed if "block" in kernel.defaults), None)


def block(kernel: Kernel) -> settings.Choice:
    """The side of the tiles of `kernel`."""
    side = next(parameter for parameter in kernel.parameters if parameter.name == "block")
    return settings.Choice(
        "tile",
        f"Block of {kernel.name}",
        side.choices,
        side.default,
        "Side of its tiles: the dots move with it. A block that is not measured at this size yet is offered.",
    )


def settings_of() -> list[settings.Choice]:
    """What a link may say of the lens; the blocks are those of the first workload that has any."""
    kernels = [kernel for workload in followed() if (kernel := tiled(workload))]
    return [LENS, of(), *map(block, kernels[:1])]


def control() -> tuple[str, bool]:
    """The lens that was chosen, empty for none; and whether bytes are counted."""
    chosen = str(settings.segments(LENS))
    return "" if chosen in (LEAST, COUNTED) else chosen, chosen == COUNTED


def seen(
    level: str, record: Record, kernels: Sequence[str], dtype: str, threads: int, since: str
) -> tuple[Traffic, ...]:
    """What the lens of this `level` shows, with what to choose and to start for it; nothing without a lens."""
    if not level:
        return ()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        workload, side = followed()[0], None
        if len(followed()) > 1:
            workload = registry.workload(str(settings.segments(of())))
        if kernel := tiled(workload):
            with theme.field(BLOCK_PX):
                side = int(settings.select(block(kernel)))
        return tuple(traffic(record, workload, kernels, dtype, threads, since, side))


def left_out(level: str) -> None:
    """Why the other workloads have no dots in the lens of this `level`."""
    titles = ", ".join(workload.title for workload in registry.WORKLOADS if not workload.followed)
    if level and titles:
        st.caption(
            f"No dots of {titles}: the simulator follows loop orders, and none of their rungs declares one."
        )


def measured(
    record: Record, workload: Workload, kernels: Sequence[str], dtype: str, since: str, block: int | None
) -> list[Measurement]:
    """The newest of each rung that can be simulated, all of the size at which most were measured.

    A tiled kernel is taken with `block`, or with its usual one.
    """
    wanted = {k.id: _with_block(k.defaults, block) for k in workload.followed if k.id in kernels}
    usable = [
        m
        for m in record.measurements
        if m.kernel in wanted and (m.dtype, m.threads) == (dtype, 1) and m.created >= since
        if max(m.shape) <= simulated.MOST_SIZE and dict(m.parameters) == wanted[m.kernel]
    ]
    count = Counter(shape for shape, _ in {(tuple(m.shape), m.kernel) for m in usable})
    best = max(count, key=lambda shape: (count[shape], shape), default=None)
    newest = {m.kernel: m for m in reversed(usable) if tuple(m.shape) == best}
    return [newest[kernel.id] for kernel in workload.followed if kernel.id in newest]


def _measure_button(case: Case) -> None:
    """Offer to measure the tiled kernel with a block that is not on record at this size."""
    cases = [case]
    components.job_button(
        f"Measure block {case.parameters['block']} at N={case.size}",
        experiments.bench_job(cases, BUDGET_S),
        key="measure block",
        help=f"{case.rung} with this block has not been measured at this size yet.",
    )


def _with_block(parameters: dict[str, int], block: int | None) -> dict[str, int]:
    return {**parameters, "block": block} if block is not None and "block" in parameters else parameters


def traffic(
    record: Record,
    workload: Workload,
    kernels: Sequence[str],
    dtype: str,
    threads: int,
    since: str,
    block: int | None,
) -> list[Traffic]:
    """What is simulated so far, with a button for the rest; a sentence where there is nothing to simulate."""
    from accel_core import cache

    if threads != 1:
        st.info("The simulator sees one core: choose 1 thread.", icon=":material/memory:")
        return []
    points = measured(record, workload, kernels, dtype, since, block)
    if not points:
        names = ", ".join(kernel.name for kernel in workload.followed)
        st.info(
            f"Measure {names} on the page Ladder first, at N={simulated.MOST_SIZE} or less with {dtype}: the "
            "simulator knows their accesses.",
            icon=":material/memory:",
        )
        return []
    tile = tiled(workload)
    if tile and not record.sample and tile.id in kernels and tile.id not in (m.kernel for m in points):
        _measure_button(Case(tile.id, points[0].size, dtype, 1, _with_block(tile.defaults, block)))
    geometries = simulated.caches_of(record.machine)
    if geometries is None:
        return []
    orders = {kernel.id: kernel.traversal for kernel in workload.followed}
    wanted = {m.id: traversal for m in points if (traversal := cache.rung_traversal(m, orders))}
    done = simulated.known(wanted.values(), geometries)
    missing = [one for one in wanted.values() if one not in done]
    if missing:
        kernels_text = "1 kernel" if len(missing) == 1 else f"{len(missing)} kernels"
        simulated.button(f"Simulate {kernels_text} at N={points[0].size}", missing, geometries)
    return [Traffic(m, cache.traffic(done[wanted[m.id]])) for m in points if wanted.get(m.id) in done]
