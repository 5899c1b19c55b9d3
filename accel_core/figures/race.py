"""One race as bars: the same call under each backend, the shortest is the fastest."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import sheet_of_rows, teaching_figure, time_axis
from accel_core.figures.drawing.labels import label
from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.marks import bar_marker
from accel_core.race import Race
from accel_core.readings.crossover import backend_label
from accel_core.readings.estimates import time_text
from accel_core.units import format_number, format_time

ROW_PX, BAR_PX, TOP_PX, BOTTOM_PX = 52, 20, 40, 62


def race_figure(operation: str, race: Race | None, look: Look, *, taken: str = "") -> go.Figure:
    """A bar a backend, slowest first, with its time and how many times longer than the best it takes.

    `taken` is whom the backend auto takes: its bar says so.
    """
    if race is None:
        return teaching_figure("Measure: the same call will stand here under each backend.", look, 260)
    names = race.order[::-1]
    best_s = race.times_s[race.winner].median
    figure = sheet_of_rows(look, ROW_PX * len(names), top_px=TOP_PX, bottom_px=BOTTOM_PX, left_px=16)
    low_s, slowest_s = 10 ** math.floor(math.log10(best_s) - 0.3), race.times_s[names[0]].median
    figure.update_xaxes(time_axis(look, "Time of one call ({unit}, log scale)", low_s, slowest_s, 2))
    for at, name in enumerate(names):
        time_s, family = race.times_s[name], backend_label(name).family
        middle = ROW_PX * at + ROW_PX - BAR_PX / 2 - 6
        figure.add_bar(
            orientation="h",
            x=[time_s.median],
            y=[middle],
            width=BAR_PX,
            marker=bar_marker(look, family, look.family(family)),
            hovertext=[f"<b>{backend_label(name).title}</b><br>{time_text(time_s)}"],
            hoverinfo="text",
        )
        text = f"<b>{backend_label(name).title}</b>  {_told(name, race, look, taken)}"
        figure.add_annotation(
            label(look, text, 0, middle - BAR_PX / 2 - 1, xref="paper", xanchor="left", yanchor="bottom")
        )
    return figure


def _told(name: str, race: Race, look: Look, taken: str) -> str:
    """A backend's time, how many times the best's that is, and whether auto takes it."""
    time_s, best_s = race.times_s[name].median, race.times_s[race.winner].median
    if look.narrow:
        return f"{format_time(time_s)}{', <b>auto</b>' if name == taken else ''}"
    ratio = "the fastest" if name == race.winner else f"{format_number(time_s / best_s)} times as long"
    return f"{format_time(time_s)}, {ratio}{', <b>auto takes it</b>' if name == taken else ''}"
