"""What a sweep over threads is held against: the ideal of each curve, and the roof as it grows."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import plotly.graph_objects as go

from accel_core.figures.drawing.ends import End
from accel_core.figures.drawing.hover import broken
from accel_core.figures.drawing.look import LEVEL_DASHES, THEORY_DASH, Look
from accel_core.figures.drawing.marks import intervals
from accel_core.model import Ceiling, Workload
from accel_core.readings.roofs import ceiling_text, roof_title
from accel_core.readings.rungs import find_kernel
from accel_core.readings.scaling import Scaling, roof_name
from accel_core.roofline import Limit
from accel_core.units import format_count, format_number, format_rate

IDEAL = "ideal: one thread × threads"
TICK_PX, LESSER_PX = 26, 12
"""Widths of a roof's mark: where it is the lower one, and where another is."""
Over = tuple[Limit, Ceiling]
"""One of the two roofs of a limit, with the limit."""


def heights(scaling: Scaling) -> list[float]:
    """FLOP/s of all that `add_scaling` draws."""
    ideal = [rate for line in scaling.ideal.values() for _, rate in line]
    return ideal + [_allows(x, roof) for line in _roofs(scaling).values() for x, roof in line]


def add_scaling(
    figure: go.Figure, look: Look, workload: Workload, scaling: Scaling, stale: str = ""
) -> dict[str, End]:
    """Draw the ideals and the roofs; key -> where a line of them ends, and its name."""
    ends = _add_ideals(figure, look, workload, scaling, stale)
    for key, line in _roofs(scaling).items():
        ends[key] = _add_roof(figure, look, scaling, line, stale)
    return ends


def _add_ideals(
    figure: go.Figure, look: Look, workload: Workload, scaling: Scaling, stale: str
) -> dict[str, End]:
    """One thread times the threads, in each kernel's colour; the highest carries the name of all."""
    for kernel_id, line in scaling.ideal.items():
        kernel = find_kernel([workload], kernel_id)
        colour = look.stale if stale else look.family(kernel.family if kernel else "")
        title = kernel.title if kernel else kernel_id
        figure.add_scatter(
            x=[threads for threads, _ in line],
            y=[rate for _, rate in line],
            mode="lines",
            line={"color": colour, "width": 1.5, "dash": THEORY_DASH},
            name=IDEAL,
            hovertext=[
                f"<b>{title}</b>, ideal<br>{format_rate(rate, 'FLOP/s')} = {threads:.0f} × "
                f"{format_rate(line[0][1], 'FLOP/s')} (median of one thread)"
                for threads, rate in line
            ],
            hoverinfo="text",
        )
    if not scaling.ideal:
        return {}
    highest = max(scaling.ideal.values(), key=lambda line: line[-1][1])
    return {"ideal": End(IDEAL, *highest[-1], look.muted)}


def _roofs(scaling: Scaling) -> dict[str, list[Over]]:
    """Name -> the roof at each number of threads, for those that are the lower one somewhere."""
    lower = {roof_name(limit.limiting) for limit in scaling.limits}
    found: dict[str, list[Over]] = {}
    for limit in scaling.limits:
        for roof in (limit.compute, limit.memory):
            if roof_name(roof) in lower:
                found.setdefault(roof_name(roof), []).append((limit, roof))
    return found


def _allows(limit: Limit, roof: Ceiling) -> float:
    return limit.memory_flop_per_s if roof.kind == "memory" else roof.value


def _add_roof(figure: go.Figure, look: Look, scaling: Scaling, line: Sequence[Over], stale: str) -> End:
    """A mark at each number of threads with its interval, wide where this roof is the lower one.

    Marks are joined where no number of threads without roofs was swept between them.
    """
    last, roof = line[-1]
    own = look.ink if roof.kind == "compute" else look.level(roof.level)
    colour = look.stale if stale else own
    for run in _runs(scaling, line):
        rates = [_allows(limit, roof) for limit, roof in run]
        widths = [TICK_PX if limit.limiting is roof else LESSER_PX for limit, roof in run]
        figure.add_scatter(
            x=[limit.threads for limit, _ in run],
            y=rates,
            mode="lines+markers",
            line={"color": colour, "width": 1.5, "dash": LEVEL_DASHES.get(roof.level or "", "solid")},
            marker={
                "symbol": "line-ew",
                "size": widths,
                "opacity": 1,  # else marks of several widths let through what is below
                "line": {"width": 4, "color": colour},
            },
            error_y=intervals(rates, [_interval(limit, roof) for limit, roof in run], colour),
            name=f"roof: {roof_name(roof)}",
            hovertext=[_hover(limit, roof) for limit, roof in run],
            hoverinfo="text",
        )
    ink = look.muted if stale else own
    return End(f"roof: {roof_name(roof)}", last.threads, _allows(last, roof), ink)


def _runs(scaling: Scaling, line: Sequence[Over]) -> list[list[Over]]:
    """`line` cut where numbers of threads lie of whose roofs nothing is known."""
    runs = [[line[0]]]
    for before, after in pairwise(line):
        if scaling.joined(before[0], after[0]):
            runs[-1].append(after)
        else:
            runs.append([after])
    return runs


def _interval(limit: Limit, roof: Ceiling) -> tuple[float, float]:
    """FLOP/s at the ends of the roof's interval; the median twice where there is none."""
    factor = limit.intensity if roof.kind == "memory" else 1.0
    low, high = (roof.value if end is None else end for end in (roof.low, roof.high))
    return low * factor, high * factor


def _hover(limit: Limit, roof: Ceiling) -> str:
    """What a roof allows, how that comes about, and whether it is the lower one."""
    said = [f"<b>roof: {roof_name(roof)}</b>, {format_count(limit.threads, 'thread')}"]
    allowed = format_rate(_allows(limit, roof), "FLOP/s")
    if roof.kind == "memory":
        intensity = format_number(limit.intensity)
        said.append(f"{allowed} = {intensity} FLOP/B × {format_rate(roof.value, 'B/s')}")
    said.append(f"{roof_title(roof)} {ceiling_text(roof)}")
    said.append("the lower roof here" if limit.limiting is roof else "another roof is lower here")
    return "<br>".join([*said, broken(roof.definition)])
