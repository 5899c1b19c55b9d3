"""The roofline by simulated bytes: a dot for each memory level of a kernel, and the walls of best intensity.

Two lenses look at the same dots. "core": the bytes that the core asks for, which belong under the roof of L1
(the cache-aware roofline of A. Ilic, F. Pratas and L. Sousa, IEEE Computer Architecture Letters 13(1), 2014,
doi:10.1109/L-CA.2013.6). "DRAM": the bytes that come from memory. Times are measured, bytes simulated.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import plotly.graph_objects as go

from accel_core.figures.canvas import spread
from accel_core.figures.disturbed import add_disturbed
from accel_core.figures.look import FAMILY_SYMBOLS, THEORY_DASH, Look, faded
from accel_core.figures.points import add_arrow, family_of
from accel_core.figures.roofs import Scene
from accel_core.figures.words import interval, kernel_title, settings
from accel_core.model import Machine, Measurement, Workload
from accel_core.roofline import best_intensity
from accel_core.units import format_bytes, format_number, format_rate

LENSES: Mapping[str, str] = {"core": "L1", "DRAM": "DRAM"}
"""Lens -> the level whose dot it looks at."""
ITEM_BYTES = {"float32": 4, "float64": 8}
LABEL_GAP_PX = 24
ABOVE_PX, BELOW_PX, ROOM_PX = 19, 38, 54
"""From a line to its kernel's name, above it or under the names of its dots; the gap that has room for both."""
DEEPEST = 30.0
"""How far the frame's lower edge is raised: no interpreter stands here, only compiled loops are simulated."""
TOGETHER = 0.06
"""Dots closer than this part of a decade share a label."""


@dataclass(frozen=True, slots=True)
class Traffic:
    """A measured kernel with its simulated bytes: memory level -> bytes that it delivers, from near to far."""

    measurement: Measurement
    level_bytes: Mapping[str, int]

    def intensity(self, level: str) -> float:
        """FLOP/byte."""
        return self.measurement.flop / self.level_bytes[level]


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
    for one in found:
        _add_line(figure, look, view, one, workloads, LENSES[lens])
    seen = [(one.intensity(LENSES[lens]), one.measurement) for one in found]
    add_disturbed(figure, look, [(x, m.flop_per_s) for x, m in seen if m.disturbed])
    heights = _name_heights(view, found)
    for one in found:
        _name_line(figure, look, view, one, workloads, heights[one.measurement.id])
    _add_moves(figure, look, found, workloads, LENSES[lens])


def _add_line(
    figure: go.Figure,
    look: Look,
    view: Scene,
    one: Traffic,
    workloads: Sequence[Workload],
    level: str,
) -> None:
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
        text=_dot_texts(one, levels),
        textposition="bottom center",
        textfont={"size": look.small_px, "color": look.ink},
        cliponaxis=True,
        name=kernel_title(workloads, m.kernel),
        customdata=[m.id] * len(levels),
        hovertext=[traffic_hover(one, name, workloads) for name in levels],
        hoverinfo="text",
        showlegend=False,
    )


def _dot_texts(one: Traffic, levels: Sequence[str]) -> list[str]:
    """The name of each dot's level; dots that lie on each other are named once: "L3, DRAM"."""
    texts, group = [""] * len(levels), [0]
    for rank in range(1, len(levels) + 1):
        if rank < len(levels) and abs(_gap(one, levels[group[0]], levels[rank])) < TOGETHER:
            group.append(rank)
            continue
        texts[group[0]] = ", ".join(levels[i] for i in group)
        group = [rank]
    return texts


def _gap(one: Traffic, near: str, far: str) -> float:
    return math.log10(one.intensity(far) / one.intensity(near))


def traffic_hover(one: Traffic, level: str, workloads: Sequence[Workload]) -> str:
    """What a dot is: whose time, which bytes, and that these were never measured."""
    m, count = one.measurement, one.level_bytes[level]
    to = "asked for by the core" if level == "L1" else f"between {level} and the cache above it"
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


def _name_heights(view: Scene, found: Sequence[Traffic]) -> dict[str, float]:
    """Where each kernel's name stands, as an exponent of ten: above its line, at least a line of text apart.

    The lowest one's stands under the names of its dots where there is no room above, between it and the next.
    """
    own = {one.measurement.id: math.log10(one.measurement.flop_per_s) for one in found}
    rising = sorted(own, key=lambda name: own[name])
    wanted = {name: height + ABOVE_PX / view.px_per_decade for name, height in own.items()}
    if len(rising) > 1 and (own[rising[1]] - own[rising[0]]) * view.px_per_decade < ROOM_PX:
        wanted[rising[0]] = own[rising[0]] - BELOW_PX / view.px_per_decade
    return spread(wanted, LABEL_GAP_PX / view.px_per_decade)


def _name_line(
    figure: go.Figure, look: Look, view: Scene, one: Traffic, workloads: Sequence[Workload], height: float
) -> None:
    """The kernel's name over or under the middle of its line."""
    m = one.measurement
    ends = [math.log10(one.intensity(level)) for level in one.level_bytes]
    block = f", block {m.parameters['block']}" if "block" in m.parameters else ""
    title = m.kernel.partition("/")[2] if look.narrow else kernel_title(workloads, m.kernel)
    note = "" if look.narrow else ": measured time, simulated bytes"
    middle = (max(min(ends), math.log10(view.x[0])) + min(max(ends), math.log10(view.x[1]))) / 2
    figure.add_annotation(
        x=middle,
        y=height,
        showarrow=False,
        text=f"<b>{title}{block}</b>{note}",
        bgcolor=faded(look.background, 0.85),
        borderpad=1,
        font={"size": look.small_px, "color": look.family(family_of(workloads, m))},
    )


def _add_moves(
    figure: go.Figure, look: Look, found: Sequence[Traffic], workloads: Sequence[Workload], level: str
) -> None:
    """An arrow from the lens's dot of each rung to that of the rung that changes it."""
    by_kernel = {one.measurement.kernel: one for one in found}
    for workload in workloads:
        for kernel in workload.kernels:
            before = workload.before(kernel)
            head = by_kernel.get(f"{workload.name}/{kernel.name}")
            tail = by_kernel.get(f"{workload.name}/{before.name}") if before else None
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
        text = f"{level} wall" if look.narrow else f"best behind {level}: {format_number(best)} FLOP/B"
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
