"""The roofline by simulated bytes: a dot for each memory level of a kernel, and the I/O lower bounds.

Two lenses look at the same dots. "core": the bytes that the core asks for, which belong under the roof of L1
(the cache-aware roofline of A. Ilic, F. Pratas and L. Sousa, IEEE Computer Architecture Letters 13(1), 2014,
doi:10.1109/L-CA.2013.6). "DRAM": the bytes that come from memory. Times are measured, bytes simulated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.boxes import Box
from accel_core.figures.drawing.labels import backed, label, leader, spread
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, THEORY_DASH, Look
from accel_core.figures.drawing.marks import add_arrow, add_disturbed
from accel_core.figures.drawing.text import line_px, width_px
from accel_core.figures.level_names import DOT_PX, LARGE_PX, RIM_PX, add_level_names, x_px_per_decade
from accel_core.figures.points import COLUMN_GAP, family_of
from accel_core.figures.roofs import px_per_decade
from accel_core.model import ITEM_BYTES, NEAREST, Machine, Workload
from accel_core.readings.estimates import interval
from accel_core.readings.lenses import LENSES, Traffic
from accel_core.readings.rungs import kernel_title, settings, steps
from accel_core.readings.scene import Scene
from accel_core.roofline import best_intensity
from accel_core.units import format_bytes, format_number, format_rate

NAME_GAP_PX = 21
NOTE = "Measured times, simulated bytes"


def add_traffic(
    figure: go.Figure,
    look: Look,
    view: Scene,
    found: Sequence[Traffic],
    workloads: Sequence[Workload],
    lens: str,
    taken: Sequence[Box] = (),
) -> None:
    """Each kernel's dots on its line, the lens's dot large; arrows join those from each rung to the next.

    The names of the dots' levels keep clear of what is `taken`.
    """
    for one in found:
        _add_line(figure, look, one, workloads, LENSES[lens])
    seen = [(one.intensity(LENSES[lens]), one.measurement) for one in found]
    add_disturbed(figure, look, [(x, m.flop_per_s) for x, m in seen if m.disturbed])
    names = add_names(figure, look, view, found, workloads)
    _add_moves(figure, look, found, workloads, LENSES[lens])
    add_level_names(figure, look, view, found, LENSES[lens], [*names, *taken])


def _add_line(figure: go.Figure, look: Look, one: Traffic, workloads: Sequence[Workload], level: str) -> None:
    """The dots of a kernel on its line, that of `level` large."""
    m = one.measurement
    family = family_of(workloads, m)
    levels = list(one.level_bytes)
    figure.add_scatter(
        x=[one.intensity(name) for name in levels],
        y=[m.flop_per_s] * len(levels),
        mode="lines+markers",
        line={"color": look.family(family), "width": RIM_PX},
        marker={
            "symbol": FAMILY_SYMBOLS.get(family, "x"),
            "size": [LARGE_PX if name == level else DOT_PX for name in levels],
            "color": [look.level(name) for name in levels],
            "line": {"color": look.family(family), "width": RIM_PX},
            "opacity": 1,
        },
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
    for pair in steps(workloads, {one.measurement.kernel: one for one in found}):
        ends = ((one.intensity(level), one.measurement.flop_per_s) for one in pair)
        add_arrow(figure, ends, look.muted, standoff=8, startstandoff=8)


def bounds(machine: Machine, dtype: str) -> dict[str, float]:
    """Cache level -> FLOP/byte of a large product at the I/O lower bound behind it (Hong and Kung, 1981)."""
    item = ITEM_BYTES[dtype]
    return {c.level: best_intensity(c.size_bytes / item, item) for c in machine.caches}


def add_bounds(figure: go.Figure, look: Look, view: Scene, machine: Machine, dtype: str) -> list[Box]:
    """A thin vertical line for each cache, where it lies in the frame, labelled along itself.

    What is returned holds the labels, which are short: kernels' lines and names stand above them.
    """
    scale, labels = x_px_per_decade(figure, look, view), []
    for level, best in bounds(machine, dtype).items():
        if not view.x[0] < best < view.x[1]:
            continue
        size = next(c.size_bytes for c in machine.caches if c.level == level)
        figure.add_scatter(
            x=[best, best],
            y=list(view.y),
            mode="lines",
            line={"color": look.level(level), "width": 1.5, "dash": THEORY_DASH},
            name=f"I/O lower bound of {level}",
            hovertext=f"<b>best possible behind {level}</b> ({format_bytes(size)})<br>√S / item size = "
            f"{format_number(best)} FLOP/byte of loads, whatever the order;<br>"
            "a product that fits altogether can do better",
            hoverinfo="text",
            showlegend=False,
        )
        text = f"{level} bound" if look.narrow else f"{level} bound, {format_number(best)}"
        place = {"yref": "paper", "yanchor": "bottom", "xanchor": "right", "textangle": -90}
        figure.add_annotation(label(look, text, math.log10(best), 0, colour=look.level(level), **place))
        right = scale * math.log10(best / view.x[0])
        labels.append(Box(right - line_px(look.small_px), right, 0, width_px(text, look.small_px)))
    return labels


def add_names(
    figure: go.Figure, look: Look, view: Scene, found: Sequence[Traffic], workloads: Sequence[Workload]
) -> list[Box]:
    """A column of names right of all dots, each joined to its line's end; on a phone in the lower corner.

    What is returned holds them.
    """
    place = {"xref": "paper", "yref": "paper", "xanchor": "left", "yanchor": "bottom", "xshift": 6, "yshift": 4}
    note = NOTE.replace(", ", ",<br>") if look.narrow else NOTE
    figure.add_annotation(label(look, note, 0, 0, colour=look.muted, **place))
    own = {one.measurement.id: math.log10(one.measurement.flop_per_s) for one in found}
    span = math.log10(view.x[1] / view.x[0])
    right = max((math.log10(max(map(one.intensity, one.level_bytes))) for one in found), default=0)
    places = _corner(view, found) if look.narrow else spread(own, NAME_GAP_PX / px_per_decade(view))
    ax = math.log10(view.x[0] * 1.2) if look.narrow else right + COLUMN_GAP * span
    column, boxes = (ax - math.log10(view.x[0])) * x_px_per_decade(figure, look, view), []
    for one in found:
        m = one.measurement
        ends = [math.log10(one.intensity(level)) for level in one.level_bytes]
        colour = look.family(family_of(workloads, m))
        block = f", {m.parameters['block']}" if "block" in m.parameters else ""
        place = {"ax": ax, "axref": "x", "ay": places[m.id], "ayref": "y", "xanchor": "left", "standoff": 8}
        x, text = min(ends) if look.narrow else max(ends), f"<b>{m.kernel.partition('/')[2]}{block}</b>"
        figure.add_annotation(leader(look, text, x, own[m.id], colour, **place, **backed(look)))
        height = (places[m.id] - math.log10(view.y[0])) * px_per_decade(view)
        around = height - NAME_GAP_PX / 2, height + NAME_GAP_PX / 2
        boxes.append(Box(column, column + width_px(text, look.small_px), *around))
    return boxes


def _corner(view: Scene, found: Sequence[Traffic]) -> dict[str, float]:
    """Heights of a stack of names above the lower edge, in the order of the lines."""
    low, step = math.log10(view.y[0]), NAME_GAP_PX / px_per_decade(view)
    rising = sorted(found, key=lambda one: one.measurement.flop_per_s)
    return {one.measurement.id: low + (rank + 2.4) * step for rank, one in enumerate(rising)}
