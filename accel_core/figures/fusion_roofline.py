"""The rungs of a ladder under the roofs: one above the other, for they all solve one problem."""

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
from accel_core.readings.fusion_roofline import fusion_scene
from accel_core.readings.fusion_steps import Step, fusion_steps
from accel_core.readings.roofline import judge_all
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.readings.scene import Scene
from accel_core.units import format_count

TOP_PX, LEFT_PX = 84, 76
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
    view = fusion_scene(machine, ceilings, first.dtype, threads, first) if first else None
    if view is None:
        missing = "the roofs of this machine" if steps else "the rungs"
        return teaching_figure(f"Measure {missing} first: the rungs will climb towards the roofs here.", look)
    points = [step.measured for step in steps]
    note = wrap(_caption(machine, view, points[0]), look.room_px(20), LEAST_PX)
    figure = roofline_sheet(look, view, note, top_px=TOP_PX, left_px=LEFT_PX)
    figure.update_layout(showlegend=False)
    add_roofs(figure, look, view)
    add_points(
        figure,
        look,
        points,
        [workload],
        judge_all(points, ceilings, machine),
        sample=bool(stale),
        named=workload.name,
    )
    figure.for_each_trace(lambda trace: trace.update(showlegend=False))
    climbing = [step for step in steps if step.before is not None]
    for rank, step in enumerate(sorted(climbing, key=lambda s: abs(math.log(s.gain or 1)))):
        _add_arrow(figure, look, view, step, BOW * (rank + 1))
    add_labels(figure, look, view, points, [workload], named=workload.name, sample=bool(stale))
    sample_banner(figure, look, stale)
    return figure


def _caption(machine: Machine, view: Scene, m: Measurement) -> str:
    roofs = "; ".join(
        f"{roof_title(r)}, {format_count(r.threads, 'thread')}: {roof_rate(r)}" for r in view.memory
    )
    return (
        f"{machine.cpu}; {m.workload}, N = {m.size}, {m.dtype}; points are medians with 95 % intervals. "
        f"All rungs stand at {m.flop:,} FLOP / {m.least_bytes:,} B, the least bytes of the problem "
        f"(inputs read once, result written once). {roofs}."
    )


def _add_arrow(figure: go.Figure, look: Look, view: Scene, step: Step, bow: float) -> None:
    """A bow from the rung that is changed to this one, left of the points, which stand above each other."""
    if step.before is None:
        return
    at = math.log10(step.measured.intensity_flop_per_byte or 1)
    tail, head = math.log10(step.before.measured.flop_per_s), math.log10(step.measured.flop_per_s)
    width = math.log10(view.x[1] / view.x[0])
    turns = [i / 24 for i in range(25)]
    start = 0.008 * width
    x = [10 ** (at - start - bow * width * math.sin(math.pi * t)) for t in turns]
    y = [10 ** (tail + (head - tail) * (1 - math.cos(math.pi * t)) / 2) for t in turns]
    down = head < tail
    colour = look.warning if down else look.muted
    line = {"color": colour, "width": 2, "dash": SHORT_DASH if down else "solid"}
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name=f"to {step.name}"
    )
    add_arrow(figure, ((x[-4], y[-4]), (x[-1], y[-1])), colour, arrowsize=1.1, arrowwidth=2, standoff=3)
