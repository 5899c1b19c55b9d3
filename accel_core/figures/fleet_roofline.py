"""The rooflines of all hosts of a pool, alike hosts in one line style, outliers by name."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log_axis, sheet, teaching_figure
from accel_core.figures.drawing.labels import add_end_names, caption, leader
from accel_core.figures.drawing.look import KERNEL_DASHES, LEAST_PX, Look, faded
from accel_core.figures.drawing.text import line_px, lines, shown, width_px, wrap
from accel_core.model.fleet import HostRoofs
from accel_core.readings.fleet import Group
from accel_core.readings.members import scene_of, threads_of
from accel_core.readings.scene import Scene
from accel_core.roofline import attainable
from accel_core.units import format_count

PLOT_PX, TOP_PX, LEFT_PX, BELOW_PX = 420, 48, 84, 66
NAMES_PX, GAP_PX = 200, 44
LONGEST_NAME = 40
LEFT, RIGHT = 20, 60
"""How far the axis reaches left of the first ridge point and right of the last, as factors."""
MOST_NAMED = 8
"""Names at the ends of roofs; more would not fit beside each other."""


@dataclass(frozen=True)
class _Drawn:
    """One host under its roofs."""

    host: HostRoofs
    group: Group
    number: int
    """Of its group."""
    view: Scene

    @property
    def name(self) -> str:
        """As Plotly may show it."""
        return shown(self.host.host.name, LONGEST_NAME)

    @property
    def hardware(self) -> str:
        """That of its group."""
        return shown(self.group.title)

    @property
    def odd(self) -> bool:
        """Whether it is an outlier of its group."""
        return self.host.host.name in self.group.outliers


def fleet_roofline_figure(found: Sequence[Group], look: Look, *, dtype: str, threads: str) -> go.Figure:
    """Each host's DRAM roof and peak; `threads` is "one", or "all" that each host has."""
    drawn = list(_drawn(found, dtype, threads))
    if not drawn:
        return teaching_figure("The roofs of all hosts will stand here: press “Measure all roofs”.", look, 480)
    ridges = [one.view.ridge for one in drawn]
    x = min(ridges) / LEFT, max(ridges) * RIGHT
    y = min(one.view.bandwidth for one in drawn) * x[0], max(one.view.peak for one in drawn) * 2
    ends = _ends(look, drawn)
    figure = _sheet(look, x, y, [text for text, _, _ in ends])
    for one in sorted(drawn, key=lambda one: one.odd):
        _add_host(figure, look, one, x)
    places = {
        str(at): leader(
            look,
            text,
            1,
            math.log10(peak),
            colour,
            xref="paper",
            ax=16,
            ay=0,
            xanchor="left",
        )
        for at, (text, peak, colour) in enumerate(ends)
    }
    if look.narrow:
        places = {
            key: {**place, "x": 0.98, "ax": 0, "xanchor": "right", "showarrow": False, "yanchor": "bottom"}
            for key, place in places.items()
        }
    add_end_names(figure, places, PLOT_PX / math.log10(y[1] / y[0]), GAP_PX)
    return figure


def _drawn(found: Sequence[Group], dtype: str, threads: str) -> list[_Drawn]:
    made = []
    for number, group in enumerate(found):
        for host in group.hosts:
            view = scene_of(host.ceilings, dtype, threads_of(host.host.machine, threads))
            if view is not None:
                made.append(_Drawn(host, group, number, view))
    return made


def _ends(look: Look, drawn: Sequence[_Drawn]) -> list[tuple[str, float, str]]:
    """(text, FLOP/s, colour) of what is named at the right: every outlier, and each group at its middle."""
    ends = [
        (wrap(f"<b>{one.name}</b>, outlier", NAMES_PX, look.small_px), one.view.peak, look.warning)
        for one in drawn
        if one.odd
    ]
    for number in dict.fromkeys(one.number for one in drawn):
        usual = sorted(
            (one for one in drawn if one.number == number and not one.odd), key=lambda one: one.view.peak
        )
        if not usual:
            continue
        middle = usual[len(usual) // 2]
        who = middle.name if len(usual) == 1 else f"{format_count(len(usual), 'alike host')}"
        ends.append(
            (wrap(f"<b>{who}</b>: {middle.hardware}", NAMES_PX, look.small_px), middle.view.peak, look.ink)
        )
    return ends[:MOST_NAMED]


def _sheet(look: Look, x: tuple[float, float], y: tuple[float, float], names: Sequence[str]) -> go.Figure:
    text = (
        "One line a host: its DRAM bandwidth up to its highest compute roof, all measured. Hosts with the same "
        "line style are alike; an outlier is drawn thick, in another colour and by name. Roofs that were "
        "disturbed are drawn too, and not compared."
    )
    note = wrap(text, look.room_px(20), LEAST_PX)
    right_px = 24 if look.narrow else 30 + math.ceil(max(width_px(name, look.small_px) for name in names))
    figure = sheet(
        look,
        PLOT_PX,
        top_px=TOP_PX,
        bottom_px=BELOW_PX + 8 + line_px(LEAST_PX) * lines(note),
        left_px=LEFT_PX,
        right_px=right_px,
        showlegend=False,
    )
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *y, 1e9))
    figure.add_annotation(caption(look, note, BELOW_PX, LEFT_PX))
    return figure


def _add_host(figure: go.Figure, look: Look, one: _Drawn, span: tuple[float, float]) -> None:
    xs = [span[0], one.view.ridge, span[1]]
    shared = "<br>shares its computer with others" if one.host.host.shares else ""
    said = f"<b>{one.name}</b>{', outlier' if one.odd else ''}<br>{one.hardware}<br>{one.view.said}{shared}"
    colour = look.warning if one.odd else faded(look.ink, 0.55)
    line = {
        "color": colour,
        "width": 4 if one.odd else 2,
        "dash": KERNEL_DASHES[one.number % len(KERNEL_DASHES)],
    }
    figure.add_scatter(
        x=xs,
        y=[attainable(x, one.view.peak, one.view.bandwidth) for x in xs],
        mode="lines",
        line=line,
        hovertext=said,
        hoverinfo="text",
        showlegend=False,
        name=one.name,
    )
