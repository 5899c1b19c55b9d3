"""The points of a roofline picture: measured, predicted, flagged; their labels, arrows and hover."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.hover import broken, hover
from accel_core.figures.drawing.labels import backed, leader, spread, within
from accel_core.figures.drawing.look import FAMILIES, FAMILY_SYMBOLS, FAMILY_TITLES, Look, faded
from accel_core.figures.drawing.marks import add_arrow, add_disturbed, add_dots, add_legend_entry, intervals
from accel_core.figures.roofs import px_per_decade
from accel_core.model import Measurement, Workload
from accel_core.readings.estimates import interval, rate_ends
from accel_core.readings.moved import NOTHING, Counts, Moved, intensity, moved_text
from accel_core.readings.roofline import Prediction, best_of_each
from accel_core.readings.roofs import roof_title
from accel_core.readings.rungs import find_kernel, kernel_title, newest, steps
from accel_core.readings.scene import Scene
from accel_core.roofline import Verdict
from accel_core.units import format_number, format_rate, format_time

QUIET = 0.3
"""How strong the points of other workloads are than the one whose points carry names."""
LABEL_GAP_PX = 21
COLUMN_GAP = 0.03
"""Between the column of names and the leftmost point, as a part of the axis."""


def add_points(
    figure: go.Figure,
    look: Look,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    judged: Mapping[str, Verdict],
    *,
    named: str,
    sample: bool = False,
    counts: Counts = NOTHING,
) -> None:
    """One trace a family with error bars; a sample is grey. Points stand at `counts`, else at the least bytes.

    Each kernel's best is large, the others are lighter, and those of other workloads than `named` quiet.
    """
    best = {m.id for m in best_of_each(points)}

    def strength(m: Measurement) -> float:
        return QUIET if m.workload != named else 1 if m.id in best else 0.45

    for family in (*FAMILIES, ""):
        mine = [m for m in points if family_of(workloads, m) == family]
        if not mine:
            continue
        colour = look.stale if sample else look.family(family)
        figure.add_scatter(
            x=[intensity(m, counts) for m in mine],
            y=[m.flop_per_s for m in mine],
            error_y=intervals(
                [m.flop_per_s for m in mine],
                # quiet points say theirs on hover
                [rate_ends(m) if m.workload == named else (m.flop_per_s,) * 2 for m in mine],
                colour,
                thickness=1.5,
                width=0,
            ),
            mode="markers",
            marker={
                "symbol": FAMILY_SYMBOLS.get(family, "x"),
                "size": [13 if strength(m) == 1 else 9 for m in mine],
                "color": [faded(colour, strength(m)) for m in mine],
                "line": {"color": look.background, "width": 1},
                "opacity": 1,
            },
            legendgroup=family,
            name=FAMILY_TITLES.get(family, "other"),
            customdata=[m.id for m in mine],
            hovertext=[_hover(m, workloads, judged.get(m.id), counts.get(m.id)) for m in mine],
            hoverinfo="text",
            showlegend=False,
        )
        add_legend_entry(figure, family, colour, FAMILY_TITLES.get(family, "other"), legendgroup=family)
    at = {m.id: (intensity(m, counts) or 0, m.flop_per_s) for m in points}
    add_disturbed(figure, look, [at[m.id] for m in points if m.disturbed])
    _flag(figure, look, [at[m.id] for m in points if m.id in judged and judged[m.id].above])


def family_of(workloads: Sequence[Workload], m: Measurement) -> str:
    """The kernel family of a measurement, for its colour and marker; empty for a rung that is no more."""
    kernel = find_kernel(workloads, m.kernel)
    return kernel.family if kernel and kernel.family in FAMILIES else ""


def _hover(m: Measurement, workloads: Sequence[Workload], verdict: Verdict | None, moved: Moved | None) -> str:
    """Formula with its numbers, attainable, share, limiting roof, n and interval, settings."""
    if moved is None:
        traffic = [f"intensity {format_number(m.intensity_flop_per_byte or 0)} FLOP/byte (least bytes)"]
    else:
        traffic = [
            f"moves, by count, {moved_text(m, moved)}",
            f"intensity {format_number(m.flop / moved.size_bytes)} FLOP/byte (counted bytes)",
            broken(moved.text),
        ]
    lines = [
        f"<b>{kernel_title(workloads, m.kernel)}</b>: {format_rate(m.flop_per_s, 'FLOP/s')}",
        interval(m),
        f"{format_time(m.time_s.median)} for {m.flop:,} FLOP and at least {m.least_bytes:,} B",
        *traffic,
    ]
    if verdict is not None:
        roof = verdict.limiting
        level = f" ({verdict.level})" if verdict.level else ""
        lines += [
            f"attainable = min(peak, intensity × bandwidth) "
            f"= {format_rate(verdict.attainable_flop_per_s, 'FLOP/s')}",
            f"{format_number(verdict.share, 2)} of attainable; limited by {verdict.bound_by}{level}, "
            f"{roof_title(roof)}",
        ]
        if verdict.above:
            lines += ["<b>above its roof</b>; likely:", *map(broken, verdict.causes)]
    return hover(m, *lines, kernel=find_kernel(workloads, m.kernel))


def _flag(figure: go.Figure, look: Look, at: Sequence[tuple[float, float]]) -> None:
    """A ring round each point above its roof, and one legend entry that says what it means."""
    ring = {"symbol": "circle-open", "size": 24, "line": {"width": 3}, "color": look.warning}
    add_dots(figure, at, ring, name="above roof", showlegend=True)


def add_predictions(figure: go.Figure, look: Look, predicted: Sequence[Prediction]) -> None:
    """Hollow markers for what the roofs promise."""
    shown = [p for p in predicted if p.intensity_flop_per_byte > 0 and p.flop_per_s > 0]
    hexagon = {"symbol": "hexagon-open", "size": 15, "line": {"width": 2.5}, "color": look.ink}
    texts = [
        f"<b>{p.title}</b>, predicted<br>{format_number(p.intensity_flop_per_byte)} FLOP/byte, "
        f"at most {format_rate(p.flop_per_s, 'FLOP/s')}<br>{broken(p.derivation)}"
        for p in shown
    ]
    at = [(p.intensity_flop_per_byte, p.flop_per_s) for p in shown]
    add_dots(figure, at, hexagon, name="predicted, not measured", hovertext=texts, showlegend=True)


def add_arrows(
    figure: go.Figure,
    look: Look,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    counts: Counts = NOTHING,
) -> None:
    """Arrows along the ladder, from each rung to those that change it, at the size with the most rungs."""
    for workload in workloads:
        mine = [m for m in points if m.workload == workload.name]
        kernels_at = Counter(size for size, _ in {(m.size, m.kernel) for m in mine})
        if not kernels_at:
            continue
        size = max(kernels_at, key=lambda n: (kernels_at[n], n))
        at_size = newest(best_of_each([m for m in mine if m.size == size]))
        for pair in steps([workload], at_size):
            ends = ((intensity(m, counts) or 1, m.flop_per_s) for m in pair)
            add_arrow(figure, ends, look.muted, standoff=8, startstandoff=8)


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
    counts: Counts = NOTHING,
    rightwards: bool = False,
) -> None:
    """Names of each kernel's best point of the workload `named`, and of predictions, joined to their points.

    Every label has a height of its own (at least a line apart), so none can touch another at any width.
    Points right of the middle have theirs in one column left of the leftmost, so no label hides a named point;
    `rightwards`, all have theirs on the right.
    """
    names = _names(look, [m for m in points if m.workload == named], workloads, predicted, counts)
    floor = math.log10(view.y[0]) + 12 / px_per_decade(view)
    ceiling = math.log10(view.peak) - 18 / px_per_decade(view)
    gap = LABEL_GAP_PX / px_per_decade(view)
    own = {key: min(math.log10(rate), ceiling) for key, (_, _, rate, _) in names.items()}
    places = within(spread(own, gap), floor, ceiling, gap)
    low, high = (math.log10(x) for x in view.x)
    middle = high if rightwards else (low + high) / 2
    right = [math.log10(x) for _, x, _, _ in names.values() if math.log10(x) > middle]
    column = min(right, default=high) - COLUMN_GAP * (high - low)
    for key, (title, at, rate, colour) in names.items():
        x, y = math.log10(at), math.log10(rate)
        left = x > middle
        place = {"ax": column if left else 22, "ay": -(places[key] - y) * px_per_decade(view), "standoff": 7}
        side = {"axref": "x" if left else "pixel", "xanchor": "right" if left else "left"}
        ink = look.muted if sample else colour
        line = look.stale if sample else colour
        name = leader(look, title, x, y, line, colour=ink, **place, **side, **backed(look, 0.9))
        figure.add_annotation(name)


def _names(
    look: Look,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    predicted: Sequence[Prediction],
    counts: Counts,
) -> dict[str, tuple[str, float, float, str]]:
    """What gets a label: (text, FLOP/byte, FLOP/s, colour) by a key of its own."""
    names = {}
    for m in best_of_each(points):
        title = m.rung if look.narrow else kernel_title(workloads, m.kernel)
        colour = look.family(family_of(workloads, m))
        names[m.id] = (title, intensity(m, counts) or 1, m.flop_per_s, colour)
    for i, p in enumerate(predicted):
        names[f"predicted {i}"] = (f"{p.title} (predicted)", p.intensity_flop_per_byte, p.flop_per_s, look.ink)
    return names
