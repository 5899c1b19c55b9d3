"""The roofline by simulated bytes: a dot for each memory level of a kernel, and the walls of best intensity.

Two lenses look at the same dots. "core": the bytes that the core asks for, which belong under the roof of L1
(the cache-aware roofline of A. Ilic, F. Pratas and L. Sousa, IEEE Computer Architecture Letters 13(1), 2014,
doi:10.1109/L-CA.2013.6). "DRAM": the bytes that come from memory. Times are measured, bytes simulated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import plotly.graph_objects as go

from accel_core.figures.drawing.look import FAMILY_SYMBOLS, THEORY_DASH, Look
from accel_core.figures.drawing.marks import add_disturbed
from accel_core.figures.lens_labels import add_names, level_sides, level_texts
from accel_core.figures.points import add_arrow, family_of
from accel_core.figures.roofs import Scene
from accel_core.model import DRAM, ITEM_BYTES, NEAREST, Machine, Workload
from accel_core.readings.traffic import Traffic
from accel_core.readings.words import interval, kernel_title, settings
from accel_core.roofline import best_intensity
from accel_core.units import format_bytes, format_number, format_rate

LENSES: Mapping[str, str] = {"core": NEAREST, DRAM: DRAM}
"""Lens -> the level whose dot it looks at."""
DEEPEST = 30.0
"""How far the frame's lower edge is raised: no interpreter stands here, only compiled loops are simulated."""


def without_interpreters(view: Scene) -> Scene:
    """The frame of a lens: a function of the roofs alone too, and the same for both lenses."""
    return replace(view, y=(view.y[0] * DEEPEST, view.y[1]))


def add_traffic(
    figure: go.Figure,
    look: Look,
    view: Scene,
    found: Sequence[Traffic],
    workloads: Sequence[Workload],
    lens: str,
) -> None:
    """Each kernel's dots on its line, the lens's dot large; arrows join those from each rung to the next."""
    sides = level_sides(view, found)
    for one in found:
        _add_line(figure, look, one, workloads, LENSES[lens], sides[one.measurement.id])
    seen = [(one.intensity(LENSES[lens]), one.measurement) for one in found]
    add_disturbed(figure, look, [(x, m.flop_per_s) for x, m in seen if m.disturbed])
    add_names(figure, look, view, found, workloads)
    _add_moves(figure, look, found, workloads, LENSES[lens])


def _add_line(
    figure: go.Figure, look: Look, one: Traffic, workloads: Sequence[Workload], level: str, side: str
) -> None:
    """The dots of a kernel on its line, that of `level` large; their names on `side`, nowhere if that is ""."""
    m = one.measurement
    family = family_of(workloads, m)
    levels = list(one.level_bytes)
    figure.add_scatter(
        x=[one.intensity(name) for name in levels],
        y=[m.flop_per_s] * len(levels),
        mode="lines+markers+text",
        line={"color": look.family(family), "width": 2},
        marker={
            "symbol": FAMILY_SYMBOLS.get(family, "x"),
            "size": [18 if name == level else 10 for name in levels],
            "color": [look.level(name) for name in levels],
            "line": {"color": look.family(family), "width": 2},
            "opacity": 1,
        },
        text=level_texts(one) if side else None,
        textposition=f"{side or 'bottom'} center",
        textfont={"size": look.small_px, "color": look.ink},
        cliponaxis=True,
        name=kernel_title(workloads, m.kernel),
        customdata=[m.id] * len(levels),
        hovertext=[traffic_hover(one, name, workloads) for name in levels],
        hoverinfo="text",
        showlegend=False,
    )


def traffic_hover(one: Traffic, level: str, workloads: Sequence[Workload]) -> str:
    """What a dot is: whose time, which bytes, and that these were never measured."""
    m, count = one.measurement, one.level_bytes[level]
    to = "asked for by the core" if level == NEAREST else f"between {level} and the cache above it"
    return "<br>".join(
        [
            f"<b>{kernel_title(workloads, m.kernel)}, {level}</b>: measured time, simulated bytes",
            f"{format_rate(m.flop_per_s, 'FLOP/s')} measured, {interval(m)}",
            f"{count:,} B {to}, simulated ({format_number(count / m.least_bytes)} × the least)",
            f"intensity {m.flop:,} FLOP / {count:,} B = {format_number(one.intensity(level))} FLOP/byte",
            f"{format_rate(count / m.time_s.median, 'B/s')} if the bytes are right",
            settings(m),
        ]
    )


def _add_moves(
    figure: go.Figure, look: Look, found: Sequence[Traffic], workloads: Sequence[Workload], level: str
) -> None:
    """An arrow from the lens's dot of each rung to that of the rung that changes it."""
    by_kernel = {one.measurement.kernel: one for one in found}
    for workload in workloads:
        for kernel in workload.kernels:
            before = workload.before(kernel)
            head = by_kernel.get(kernel.id)
            tail = by_kernel.get(before.id) if before else None
            if head and tail:
                ends = ((t.intensity(level), t.measurement.flop_per_s) for t in (tail, head))
                add_arrow(figure, look, *ends)


def walls(machine: Machine, dtype: str) -> dict[str, float]:
    """Cache level -> best possible FLOP/byte of a large product behind it."""
    item = ITEM_BYTES[dtype]
    return {c.level: best_intensity(c.size_bytes / item, item) for c in machine.caches}


def add_walls(figure: go.Figure, look: Look, view: Scene, machine: Machine, dtype: str) -> None:
    """A thin vertical line for each cache, where it lies in the frame, labelled along itself."""
    for level, best in walls(machine, dtype).items():
        if not view.x[0] < best < view.x[1]:
            continue
        size = next(c.size_bytes for c in machine.caches if c.level == level)
        figure.add_scatter(
            x=[best, best],
            y=list(view.y),
            mode="lines",
            line={"color": look.level(level), "width": 1.5, "dash": THEORY_DASH},
            name=f"wall of {level}",
            hovertext=f"<b>best possible behind {level}</b> ({format_bytes(size)})<br>√S / item size = "
            f"{format_number(best)} FLOP/byte of loads, whatever the order;<br>"
            "a product that fits altogether can do better",
            hoverinfo="text",
            showlegend=False,
        )
        text = f"{level} wall" if look.narrow else f"{level} wall, {format_number(best)} FLOP/B"
        figure.add_annotation(
            x=math.log10(best),
            y=0,
            yref="paper",
            yanchor="bottom",
            xanchor="right",
            textangle=-90,
            showarrow=False,
            text=text,
            font={"size": look.small_px, "color": look.level(level)},
        )
