"""The names of points in a roofline picture: which get one, and where it stands."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import spread, within
from accel_core.figures.drawing.look import Look, faded
from accel_core.figures.points import Prediction, best_of_each, family_of
from accel_core.figures.roofs import Scene
from accel_core.model import Measurement, Workload
from accel_core.readings.words import kernel_title

LABEL_GAP_PX = 21
COLUMN_GAP = 0.03
"""Between the column of names and the leftmost point, as a part of the axis."""


def named_workload(points: Sequence[Measurement], asked: str = "") -> str:
    """The workload whose points carry names: the one `asked` for if it has any, else that of the newest."""
    if any(m.workload == asked for m in points):
        return asked
    newest = max(points, key=lambda m: m.created, default=None)
    return newest.workload if newest else ""


def add_labels(
    figure: go.Figure,
    look: Look,
    view: Scene,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    predicted: Sequence[Prediction] = (),
    *,
    named: str = "",
    sample: bool = False,
) -> None:
    """Names of each kernel's best point of the workload `named`, and of predictions, joined to their points.

    Every label has a height of its own (at least a line apart), so none can touch another at any width.
    Points right of the middle have theirs in one column left of the leftmost, so no label hides a named point.
    """
    names = _names(look, [m for m in points if m.workload == named], workloads, predicted)
    floor = math.log10(view.y[0]) + 12 / view.px_per_decade
    ceiling = math.log10(view.peak) - 18 / view.px_per_decade
    gap = LABEL_GAP_PX / view.px_per_decade
    own = {key: min(math.log10(rate), ceiling) for key, (_, _, rate, _) in names.items()}
    places = within(spread(own, gap), floor, ceiling, gap)
    low, high = (math.log10(x) for x in view.x)
    right = [math.log10(x) for _, x, _, _ in names.values() if math.log10(x) > (low + high) / 2]
    column = min(right, default=high) - COLUMN_GAP * (high - low)
    for key, (title, intensity, rate, colour) in names.items():
        x, y = math.log10(intensity), math.log10(rate)
        left = x > (low + high) / 2
        figure.add_annotation(
            x=x,
            y=y,
            ax=column if left else 22,
            axref="x" if left else "pixel",
            ay=-(places[key] - y) * view.px_per_decade,
            xanchor="right" if left else "left",
            yanchor="middle",
            standoff=7,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1,
            arrowcolor=look.stale if sample else colour,
            text=title,
            bgcolor=faded(look.background, 0.9),
            borderpad=1,
            font={"size": look.small_px, "color": look.muted if sample else colour},
        )


def _names(
    look: Look,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    predicted: Sequence[Prediction],
) -> dict[str, tuple[str, float, float, str]]:
    """What gets a label: (text, FLOP/byte, FLOP/s, colour) by a key of its own."""
    names = {}
    for m in best_of_each(points):
        title = m.rung if look.narrow else kernel_title(workloads, m.kernel)
        colour = look.family(family_of(workloads, m))
        names[m.id] = (title, m.intensity_flop_per_byte or 1, m.flop_per_s, colour)
    for i, p in enumerate(predicted):
        names[f"predicted {i}"] = (f"{p.title} (predicted)", p.intensity_flop_per_byte, p.flop_per_s, look.ink)
    return names
