"""The rungs of a ladder under the roofs: one above the other, for they all solve one problem; or where they say
how many bytes they move, at these."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import teaching_figure
from accel_core.figures.drawing.labels import sample_banner
from accel_core.figures.drawing.look import LEAST_PX, SHORT_DASH, Look
from accel_core.figures.drawing.marks import add_arrow
from accel_core.figures.drawing.text import wrap
from accel_core.figures.points import add_labels, add_points
from accel_core.figures.roofs import add_roofs, roofline_sheet
from accel_core.model import Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion_roofline import fusion_scene, places
from accel_core.readings.fusion_steps import Step, fusion_steps
from accel_core.readings.moved import NOTHING, Counts, declared, intensity
from accel_core.readings.roofline import judge_all
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.readings.scene import Scene
from accel_core.units import format_count

TOP_PX, LEFT_PX = 84, 76
Place = tuple[float, float]
"""Logarithms of FLOP/byte and FLOP/s."""
TURNS = tuple(i / 24 for i in range(25))
BOW = 0.028
"""How far the shortest arrow bows out, as a part of the axis; each longer one bows out so much further."""


def fusion_roofline_figure(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    workload: Workload,
    measurements: Sequence[Measurement],
    look: Look,
    *,
    threads: int = 1,
    stale: str = "",
) -> go.Figure:
    """Each measured rung as a point, an arrow from the rung that it changes, and the roofs that it may meet."""
    steps = fusion_steps(workload, measurements)
    first = steps[0].measured if steps else None
    counts = declared(workload, [step.measured for step in steps])
    at = places([step.measured for step in steps], counts)
    view = fusion_scene(machine, ceilings, first.dtype, threads, first, at) if first else None
    if view is None:
        missing = "the roofs of this machine" if steps else "the rungs"
        return teaching_figure(f"Measure {missing} first: the rungs will climb towards the roofs here.", look)
    points = [step.measured for step in steps]
    note = wrap(_caption(machine, view, points[0], bool(counts)), look.room_px(20), LEAST_PX)
    figure = roofline_sheet(look, view, note, top_px=TOP_PX, left_px=LEFT_PX)
    figure.update_layout(showlegend=False)
    add_roofs(figure, look, view)
    add_points(
        figure,
        look,
        points,
        [workload],
        judge_all(points, ceilings, machine, counts),
        sample=bool(stale),
        named=workload.name,
        counts=counts,
    )
    figure.for_each_trace(lambda trace: trace.update(showlegend=False))
    climbing = [step for step in steps if step.before is not None]
    for rank, step in enumerate(sorted(climbing, key=lambda s: abs(math.log(s.gain or 1)))):
        _add_arrow(figure, look, view, step, BOW * (rank + 1), counts)
    add_labels(
        figure,
        look,
        view,
        points,
        [workload],
        named=workload.name,
        sample=bool(stale),
        counts=counts,
        rightwards=bool(counts),
    )
    sample_banner(figure, look, stale)
    return figure


def _caption(machine: Machine, view: Scene, m: Measurement, counted: bool) -> str:
    roofs = "; ".join(
        f"{roof_title(r)}, {format_count(r.threads, 'thread')}: {roof_rate(r)}" for r in view.memory
    )
    where = (
        f"Each rung stands at {m.flop:,} FLOP / the bytes that it moves: each pass counts what it reads and "
        f"writes; the least is {m.least_bytes:,} B (inputs read once, result written once)."
        if counted
        else f"All rungs stand at {m.flop:,} FLOP / {m.least_bytes:,} B, the least bytes of the problem "
        "(inputs read once, result written once)."
    )
    return (
        f"{machine.cpu}; {m.workload}, N = {m.size}, {m.dtype}; points are medians with 95 % intervals. "
        f"{where} {roofs}."
    )


def _add_arrow(
    figure: go.Figure, look: Look, view: Scene, step: Step, bow: float, counts: Counts = NOTHING
) -> None:
    """From the rung that is changed to this one: a bow left of both, or up and over to another intensity."""
    if step.before is None:
        return
    tail, head = (_place(m, counts) for m in (step.before.measured, step.measured))
    width = math.log10(view.x[1] / view.x[0])
    start = 0.008 * width
    if abs(head[0] - tail[0]) > start:
        x, y = _over(tail, (head[0] - start, head[1]))
    else:
        x, y = _bowed(tail, head, start, bow * width)
    down = head[1] < tail[1]
    colour = look.warning if down else look.muted
    line = {"color": colour, "width": 2, "dash": SHORT_DASH if down else "solid"}
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name=f"to {step.name}"
    )
    add_arrow(figure, ((x[-4], y[-4]), (x[-1], y[-1])), colour, arrowsize=1.1, arrowwidth=2, standoff=3)


def _place(m: Measurement, counts: Counts) -> Place:
    return math.log10(intensity(m, counts) or 1), math.log10(m.flop_per_s)


def _bowed(tail: Place, head: Place, start: float, bow: float) -> tuple[list[float], list[float]]:
    """A bow left of two points that stand above each other, from beside them."""
    x = [10 ** (head[0] - start - bow * math.sin(math.pi * t)) for t in TURNS]
    return x, [10 ** (tail[1] + (head[1] - tail[1]) * (1 - math.cos(math.pi * t)) / 2) for t in TURNS]


def _over(tail: Place, head: Place) -> tuple[list[float], list[float]]:
    """A quarter of a turn: first up or down, past the names that stand right of the first point, then over."""
    x, y = (
        [10 ** (one + (other - one) * part) for part in parts]
        for one, other, parts in zip(
            tail, head, ([t**2 for t in TURNS], [1 - (1 - t) ** 2 for t in TURNS]), strict=True
        )
    )
    return x, y
