"""The points of a roofline picture: measured, predicted, flagged; their labels, arrows and hover."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import wrap
from accel_core.figures.drawing.look import FAMILIES, FAMILY_SYMBOLS, FAMILY_TITLES, Look, faded
from accel_core.figures.drawing.marks import add_disturbed
from accel_core.figures.roofs import roof_title
from accel_core.model import Measurement, Workload
from accel_core.readings.words import (
    find_kernel,
    interval,
    kernel_title,
    library_lines,
    newest,
    rate_bounds,
    settings,
)
from accel_core.roofline import Verdict
from accel_core.units import format_number, format_rate, format_time

QUIET = 0.3
"""How strong the points of other workloads are than the one whose points carry names."""


@dataclass(frozen=True, slots=True)
class Prediction:
    """A point that nobody has measured: from an intensity model and the roofs. FLOP/byte and FLOP/s."""

    title: str
    intensity_flop_per_byte: float
    flop_per_s: float
    derivation: str = ""


def placed(measurements: Sequence[Measurement], dtype: str, threads: int) -> list[Measurement]:
    """The measurements that belong in the picture: of this dtype and thread count, with an intensity."""
    return [
        m
        for m in measurements
        if m.dtype == dtype and m.threads == threads and m.intensity_flop_per_byte and m.flop > 0
    ]


def add_points(
    figure: go.Figure,
    look: Look,
    points: Sequence[Measurement],
    workloads: Sequence[Workload],
    judged: Mapping[str, Verdict],
    *,
    named: str,
    sample: bool = False,
) -> None:
    """One trace a family with error bars; a sample is grey.

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
            x=[m.intensity_flop_per_byte for m in mine],
            y=[m.flop_per_s for m in mine],
            error_y=_error_bars(mine, colour, named),
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
            hovertext=[hover(m, workloads, judged.get(m.id)) for m in mine],
            hoverinfo="text",
            showlegend=False,
        )
        _add_legend_entry(figure, family, colour)
    crossed = [(m.intensity_flop_per_byte or 0, m.flop_per_s) for m in points if m.disturbed]
    add_disturbed(figure, look, crossed)
    _flag(figure, look, [m for m in points if m.id in judged and judged[m.id].above])


def _error_bars(points: Sequence[Measurement], colour: str, named: str) -> dict[str, object]:
    """The intervals of the rates; nothing to see where there is none, or where the points are quiet."""
    bounds = [(rate_bounds(m) if m.workload == named else None) or (m.flop_per_s, m.flop_per_s) for m in points]
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - m.flop_per_s for m, (_, high) in zip(points, bounds, strict=True)],
        "arrayminus": [m.flop_per_s - low for m, (low, _) in zip(points, bounds, strict=True)],
        "thickness": 1.5,
        "width": 0,
        "color": colour,
    }


def _add_legend_entry(figure: go.Figure, family: str, colour: str) -> None:
    """A trace without points whose marker is never faded."""
    figure.add_scatter(
        x=[None],
        y=[None],
        mode="markers",
        marker={"symbol": FAMILY_SYMBOLS.get(family, "x"), "size": 12, "color": colour},
        legendgroup=family,
        name=FAMILY_TITLES.get(family, "other"),
        showlegend=True,
    )


def best_of_each(points: Sequence[Measurement]) -> list[Measurement]:
    """The fastest measurement of each kernel: the one that carries its label."""
    best: dict[str, Measurement] = {}
    for m in sorted(points, key=lambda m: (m.flop_per_s, m.created)):
        best[m.kernel] = m
    return list(best.values())


def family_of(workloads: Sequence[Workload], m: Measurement) -> str:
    kernel = find_kernel(workloads, m.kernel)
    return kernel.family if kernel and kernel.family in FAMILIES else ""


def hover(m: Measurement, workloads: Sequence[Workload], verdict: Verdict | None) -> str:
    """Formula with its numbers, attainable, share, limiting roof, n and interval, settings."""
    lines = [
        f"<b>{kernel_title(workloads, m.kernel)}</b>: {format_rate(m.flop_per_s, 'FLOP/s')}",
        interval(m),
        f"{format_time(m.time_s.median)} for {m.flop:,} FLOP and at least {m.least_bytes:,} B",
        f"intensity {format_number(m.intensity_flop_per_byte or 0)} FLOP/byte (least bytes)",
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
            lines += ["<b>above its roof</b>; likely:", *(wrap(cause, 70) for cause in verdict.causes)]
    lines += [settings(m), *library_lines(find_kernel(workloads, m.kernel), m)]
    return "<br>".join(lines + ([f"disturbed: {m.disturbed_reason}"] if m.disturbed else []))


def _flag(figure: go.Figure, look: Look, above: Sequence[Measurement]) -> None:
    """A ring round each point above its roof, and one legend entry that says what it means."""
    if above:
        figure.add_scatter(
            x=[m.intensity_flop_per_byte for m in above],
            y=[m.flop_per_s for m in above],
            mode="markers",
            marker={"symbol": "circle-open", "size": 24, "line": {"width": 3}, "color": look.warning},
            name="above roof",
            hoverinfo="skip",
            showlegend=True,
        )


def add_predictions(figure: go.Figure, look: Look, predicted: Sequence[Prediction]) -> None:
    """Hollow markers for what the roofs promise."""
    shown = [p for p in predicted if p.intensity_flop_per_byte > 0 and p.flop_per_s > 0]
    if shown:
        figure.add_scatter(
            x=[p.intensity_flop_per_byte for p in shown],
            y=[p.flop_per_s for p in shown],
            mode="markers",
            marker={"symbol": "hexagon-open", "size": 15, "line": {"width": 2.5}, "color": look.ink},
            name="predicted, not measured",
            hovertext=[
                f"<b>{p.title}</b>, predicted<br>{format_number(p.intensity_flop_per_byte)} FLOP/byte, "
                f"at most {format_rate(p.flop_per_s, 'FLOP/s')}<br>{wrap(p.derivation, 70)}"
                for p in shown
            ],
            hoverinfo="text",
            showlegend=True,
        )


def add_arrows(
    figure: go.Figure, look: Look, points: Sequence[Measurement], workloads: Sequence[Workload]
) -> None:
    """Arrows along the ladder, from each rung to those that change it, at the size with the most rungs."""
    for workload in workloads:
        mine = [m for m in points if m.workload == workload.name]
        kernels_at = Counter(size for size, _ in {(m.size, m.kernel) for m in mine})
        if not kernels_at:
            continue
        size = max(kernels_at, key=lambda n: (kernels_at[n], n))
        at_size = newest(best_of_each([m for m in mine if m.size == size]))
        for kernel in workload.kernels:
            before = workload.before(kernel)
            head = at_size.get(kernel.id)
            tail = at_size.get(before.id) if before else None
            if head and tail:
                ends = ((m.intensity_flop_per_byte or 1, m.flop_per_s) for m in (tail, head))
                add_arrow(figure, look, *ends)


def add_arrow(figure: go.Figure, look: Look, tail: tuple[float, float], head: tuple[float, float]) -> None:
    """An arrow from one place to another, both as (FLOP/byte, FLOP/s)."""
    figure.add_annotation(
        x=math.log10(head[0]),
        y=math.log10(head[1]),
        ax=math.log10(tail[0]),
        ay=math.log10(tail[1]),
        xref="x",
        yref="y",
        axref="x",
        ayref="y",
        text="",
        showarrow=True,
        arrowhead=2,
        arrowsize=1,
        arrowwidth=1.5,
        arrowcolor=look.muted,
        standoff=8,
        startstandoff=8,
    )
