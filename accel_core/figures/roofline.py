"""The roofline picture: measured kernels under measured roofs, with all that a homework needs beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import teaching_figure
from accel_core.figures.drawing.labels import sample_banner
from accel_core.figures.drawing.look import LEAST_PX, Look
from accel_core.figures.drawing.text import wrap
from accel_core.figures.lenses import add_bounds, add_traffic
from accel_core.figures.points import add_arrows, add_labels, add_points, add_predictions, family_of
from accel_core.figures.roofs import BELOW_PX, LABEL_GAP_PX, PLOT_PX, add_roofs, roofline_sheet
from accel_core.model import Ceiling, Clock, Environment, Machine, Measurement, Workload
from accel_core.model.disk import DISK
from accel_core.readings.lenses import Traffic
from accel_core.readings.machine import sample_text
from accel_core.readings.moved import NOTHING, counted
from accel_core.readings.roofline import (
    Prediction,
    judge_all,
    lens_provenance,
    named_workload,
    placed,
    provenance,
)
from accel_core.readings.scene import Scene, scene, without_interpreters
from accel_core.roofline import Verdict
from accel_core.units import format_count

LEFT_PX, NARROW_LEFT_PX, TOP_PX = 76, 64, 60
LEGEND_ROW, LEGEND_ROW_PX, LEGEND_ENTRY_PX = 5, 28, 205
STAIR_PX = 44
"""How far the labels of the slopes reach above the plot, at the most."""


def roofline_figure(
    machine: Machine,
    ceilings: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    look: Look,
    *,
    workloads: Sequence[Workload],
    dtype: str = "float32",
    threads: int = 1,
    clock: Clock | None = None,
    environment: Environment | None = None,
    created: str | None = None,
    predicted: Sequence[Prediction] = (),
    arrows: bool = True,
    judged: Mapping[str, Verdict] | None = None,
    named: str = "",
    sample: bool = False,
    title: str = "",
    lens: str = "",
    traffic: Sequence[Traffic] = (),
    by_count: bool = False,
    disk: Ceiling | None = None,
) -> go.Figure:
    """Roofs of `dtype` and `threads`, the measurements of the same settings as points, provenance underneath.

    `judged` maps a measurement's id to its verdict; None judges here. The frame depends on `ceilings` alone.
    The points of the workload `named` carry names, without one those of the workload measured last.
    With a `lens` ("core" or "DRAM") the dots of `traffic` and the I/O lower bounds stand there instead of
    `measurements`. `by_count` leaves the points whose bytes are counted, and has them stand at these. The roof
    of a `disk` is drawn below DRAM's.
    """
    view = scene(ceilings, dtype, threads, disk)
    if view is None:
        where = f"{dtype} on {format_count(threads, 'thread')}"
        text = f"Measure this machine first: its roofs for {where} will stand here."
        return teaching_figure(text, look, 560)
    view = without_interpreters(view) if lens else view
    points = placed([t.measurement for t in traffic] if lens else measurements, dtype, threads)
    counts = counted(workloads, points) if by_count else NOTHING
    points = [m for m in points if m.id in counts] if by_count else points
    verdicts = judge_all(points, ceilings, machine, counts) if judged is None else judged
    sentences = provenance(
        machine, view, points, dtype, threads, clock, environment, created, by_count=by_count
    )
    named = named_workload(points, named)
    if lens:
        sentences[-1] = lens_provenance(machine, traffic, lens)
    elif any(m.workload != named for m in points):
        titles = {workload.name: workload.title for workload in workloads}
        sentences[-1] += f" Named are those of {titles.get(named, named)}."
    note = "<br>".join(wrap(sentence, look.room_px(20), LEAST_PX) for sentence in sentences)
    families = len({family_of(workloads, m) for m in points})
    entries = bool(predicted) + any(m.disturbed for m in points)
    if not lens:
        entries += families + any(v.above for v in verdicts.values())
    figure = _sheet(look, view, note, entries)
    add_roofs(figure, look, view, sample=sample)
    if lens:
        bounds = add_bounds(figure, look, view, machine, dtype)
        add_traffic(figure, look, view, traffic, workloads, lens, bounds)
        points = []
    if arrows:
        add_arrows(figure, look, points, [w for w in workloads if w.name == named], counts)
    add_points(figure, look, points, workloads, verdicts, named=named, sample=sample, counts=counts)
    add_predictions(figure, look, predicted)
    add_labels(figure, look, view, points, workloads, predicted, named=named, sample=sample, counts=counts)
    if title:
        place = {"x": 0, "xref": "paper", "y": 1, "yanchor": "top", "pad": {"t": 12}}
        figure.update_layout(title={"text": title, **place})
    sample_banner(figure, look, sample_text(machine) if sample else "", clear_px=STAIR_PX)
    return figure


def _sheet(look: Look, view: Scene, note: str, entries: int) -> go.Figure:
    """Axes, legend and note. The legend has rows of LEGEND_ROW of its `entries` or as many as fit."""
    in_a_row = min(LEGEND_ROW, max(1, look.width_px // LEGEND_ENTRY_PX))
    rows = entries if look.narrow else -(-entries // in_a_row)
    legend_px = 12 + rows * LEGEND_ROW_PX if rows else 0
    left_px = NARROW_LEFT_PX if look.narrow else LEFT_PX
    top_px = TOP_PX + (LABEL_GAP_PX if view.memory[-1].level == DISK else 0)
    figure = roofline_sheet(look, view, note, top_px=top_px, left_px=left_px, legend_px=legend_px)
    figure.update_layout(legend={"y": -BELOW_PX / PLOT_PX, "yanchor": "top"})
    return figure
