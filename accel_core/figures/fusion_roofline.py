"""The rungs of an elementwise ladder under the roofs: one above the other, for they all solve one problem."""

from __future__ import annotations

import math
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import label, log_axis, sample_banner, sheet, teaching_figure, wrap
from accel_core.figures.drawing.look import LEAST_PX, Look
from accel_core.figures.lenses import without_interpreters
from accel_core.figures.point_names import add_labels
from accel_core.figures.points import add_points
from accel_core.figures.roofline import judge_all
from accel_core.figures.roofs import (
    MARGIN_PX,
    NARROW_MARGIN_PX,
    PLOT_PX,
    Scene,
    add_roofs,
    roof_title,
    scene,
)
from accel_core.model import DRAM, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion_steps import Step, fusion_steps
from accel_core.readings.words import roof_rate
from accel_core.roofline import limiting_memory_level
from accel_core.units import format_count

TOP_PX, AXIS_PX, LEFT_PX = 84, 66, 76
CAPTION_CHAR_PX, CAPTION_LINE_PX = 7.3, 18
LEFT_OF, RIGHT_OF = 25.0, 100.0
"""The frame reaches so many times to either side of the problem's intensity, which never changes."""
BOW = 0.028
"""How far the shortest arrow bows out, as a part of the axis; each longer one bows out so much further."""


def copy_roof(ceilings: Sequence[Ceiling], threads: int) -> Ceiling | None:
    """DRAM's measured copy with regular stores: it moves bytes as a rung does, read x and write y."""
    found = [
        c
        for c in ceilings
        if (c.level, c.operation, c.threads, c.source) == (DRAM, "copy", threads, "measured")
        and c.stores != "non_temporal"
    ]
    return max(found, key=lambda c: c.value, default=None)


def fusion_scene(
    machine: Machine, ceilings: Sequence[Ceiling], dtype: str, threads: int, step: Measurement
) -> Scene | None:
    """The roofs that a rung may meet: DRAM's copy, the level that holds its arrays, and computing.

    For one thread and for `threads`; None without a compute and a memory roof of `dtype`.
    """
    level = limiting_memory_level(machine, step.least_bytes)
    views = [view for count in sorted({1, threads}) if (view := scene(ceilings, dtype, count))]
    if not views or not step.intensity_flop_per_byte:
        return None
    memory = []
    for view in views:
        for roof in view.memory:
            if roof.level == DRAM:
                memory.append(copy_roof(ceilings, roof.threads) or roof)
            elif roof.level == level:
                memory.append(roof)
    if not memory:
        return None
    memory.sort(key=lambda c: -c.value)
    at, last = step.intensity_flop_per_byte, views[-1]
    compute = tuple(view.compute[0] for view in reversed(views))
    framed = Scene(compute, tuple(memory), (), (at / LEFT_OF, at * RIGHT_OF), last.y)
    return without_interpreters(framed)


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
    view = (
        fusion_scene(machine, ceilings, steps[0].measured.dtype, threads, steps[0].measured) if steps else None
    )
    if view is None:
        missing = "the roofs of this machine" if steps else "the rungs"
        return teaching_figure(f"Measure {missing} first: the rungs will climb towards the roofs here.", look)
    points = [step.measured for step in steps]
    caption = wrap(_caption(machine, view, points[0]), look.chars(CAPTION_CHAR_PX, 20))
    bottom = AXIS_PX + CAPTION_LINE_PX * (caption.count("<br>") + 1) + 10
    right = NARROW_MARGIN_PX if look.narrow else MARGIN_PX
    figure = sheet(look, TOP_PX + PLOT_PX + bottom, left_px=LEFT_PX, right_px=right)
    figure.update_layout(margin={"t": TOP_PX, "b": bottom}, showlegend=False)
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *view.x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *view.y, 1e9))
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
    figure.add_annotation(
        label(
            look,
            caption,
            0,
            0,
            xref="paper",
            yref="paper",
            xanchor="left",
            yanchor="top",
            xshift=8 - LEFT_PX,
            yshift=-AXIS_PX,
            font={"size": LEAST_PX, "color": look.muted},
        )
    )
    if stale:
        sample_banner(figure, look, stale)
    return figure


def _caption(machine: Machine, view: Scene, m: Measurement) -> str:
    roofs = "; ".join(
        f"{roof_title(r)}, {format_count(r.threads, 'thread')}: {roof_rate(r)}" for r in view.memory
    )
    return (
        f"{machine.cpu}; {m.workload}, N = {m.size}, {m.dtype}; points are medians with 95 % intervals. "
        f"All rungs stand at {m.flop:,} FLOP / {m.least_bytes:,} B, the least bytes of the problem "
        f"(read x, write y). {roofs}."
    )


def _add_arrow(figure: go.Figure, look: Look, view: Scene, step: Step, bow: float) -> None:
    """A bow from the rung that is changed to this one, left of the points, which stand above each other."""
    if step.before is None:
        return
    at = math.log10(step.measured.intensity_flop_per_byte or 1)
    tail, head = math.log10(step.before.flop_per_s), math.log10(step.measured.flop_per_s)
    width = math.log10(view.x[1] / view.x[0])
    turns = [i / 24 for i in range(25)]
    start = 0.008 * width
    x = [10 ** (at - start - bow * width * math.sin(math.pi * t)) for t in turns]
    y = [10 ** (tail + (head - tail) * (1 - math.cos(math.pi * t)) / 2) for t in turns]
    down = head < tail
    colour = look.warning if down else look.muted
    line = {"color": colour, "width": 2, "dash": "4px,3px" if down else "solid"}
    figure.add_scatter(
        x=x, y=y, mode="lines", line=line, hoverinfo="skip", showlegend=False, name=f"to {step.name}"
    )
    figure.add_annotation(
        x=math.log10(x[-1]),
        y=head,
        ax=math.log10(x[-4]),
        ay=math.log10(y[-4]),
        xref="x",
        yref="y",
        axref="x",
        ayref="y",
        text="",
        showarrow=True,
        arrowhead=2,
        arrowsize=1.1,
        arrowwidth=2,
        arrowcolor=colour,
        standoff=3,
    )


def fusion_roofline_alt(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    workload: Workload,
    measurements: Sequence[Measurement],
    *,
    threads: int = 1,
) -> str:
    """The roofs, and from where to where the rungs climb."""
    steps = fusion_steps(workload, measurements)
    view = (
        fusion_scene(machine, ceilings, steps[0].measured.dtype, threads, steps[0].measured) if steps else None
    )
    if view is None:
        return f"Rungs of {workload.title} under the roofs: not measured yet."
    rates = ", ".join(f"{s.row.kernel.title} {s.measured.flop_per_s / 1e9:.3g}" for s in steps)
    met = (view.compute[0], *view.memory)
    roofs = "; ".join(f"{roof_title(r)} {roof_rate(r)}, {format_count(r.threads, 'thread')}" for r in met)
    at = steps[0].measured.intensity_flop_per_byte or 0
    return (
        f"Roofline of {machine.cpu}: {roofs}. At {at:.3g} FLOP/byte stand, in GFLOP/s: {rates}; an arrow leads "
        "from each rung to the one that changes it."
    )
