"""The roofline picture: measured kernels under measured roofs, with all that a homework needs beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import label, log_axis, sample_banner, sheet, teaching_figure, wrap
from accel_core.figures.drawing.look import LEAST_PX, Look, faded
from accel_core.figures.hierarchy import sample_text
from accel_core.figures.lenses import Traffic, add_traffic, add_walls, without_interpreters
from accel_core.figures.point_names import add_labels, named_workload
from accel_core.figures.points import (
    Prediction,
    add_arrows,
    add_points,
    add_predictions,
    family_of,
    placed,
)
from accel_core.figures.roofs import (
    MARGIN_PX,
    NARROW_MARGIN_PX,
    PLOT_PX,
    Scene,
    add_roofs,
    roof_title,
    scene,
)
from accel_core.model import Ceiling, Clock, Environment, Machine, Measurement, Workload
from accel_core.readings.words import held_back_text, libraries_text, rate_text, roof_rate
from accel_core.roofline import Verdict, judge
from accel_core.units import format_bytes, format_count

CAPTION_CHAR_PX, CAPTION_LINE_PX = 7.3, 18
LEFT_PX, NARROW_LEFT_PX = 76, 64
AXIS_PX, LEGEND_ROW, LEGEND_ROW_PX, TOP_PX = 66, 5, 28, 60
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
) -> go.Figure:
    """Roofs of `dtype` and `threads`, the measurements of the same settings as points, provenance underneath.

    `judged` maps a measurement's id to its verdict; None judges here. The frame depends on `ceilings` alone.
    The points of the workload `named` carry names, without one those of the workload measured last.
    With a `lens` ("core" or "DRAM") the dots of `traffic` and the walls stand there instead of `measurements`.
    """
    view = scene(ceilings, dtype, threads)
    if view is None:
        where = f"{dtype} on {format_count(threads, 'thread')}"
        text = f"Measure this machine first: its roofs for {where} will stand here."
        return teaching_figure(text, look, 560)
    view = without_interpreters(view) if lens else view
    points = placed([t.measurement for t in traffic] if lens else measurements, dtype, threads)
    verdicts = judge_all(points, ceilings, machine) if judged is None else judged
    width = look.chars(CAPTION_CHAR_PX, 20)
    sentences = provenance(machine, view, points, dtype, threads, clock, environment, created)
    named = named_workload(points, named)
    if lens:
        sentences[-1] = lens_provenance(machine, traffic, lens)
    elif any(m.workload != named for m in points):
        titles = {workload.name: workload.title for workload in workloads}
        sentences[-1] += f" Named are those of {titles.get(named, named)}."
    caption = "<br>".join(wrap(s, width) for s in sentences)
    families = len({family_of(workloads, m) for m in points})
    entries = bool(predicted) + any(m.disturbed for m in points)
    if not lens:
        entries += families + any(v.above for v in verdicts.values())
    figure = _frame(look, view, caption, entries)
    add_roofs(figure, look, view, sample=sample)
    if lens:
        add_walls(figure, look, view, machine, dtype)
        add_traffic(figure, look, view, traffic, workloads, lens)
        points = []
    if arrows:
        add_arrows(figure, look, points, [w for w in workloads if w.name == named])
    add_points(figure, look, points, workloads, verdicts, named=named, sample=sample)
    add_predictions(figure, look, predicted)
    add_labels(figure, look, view, points, workloads, predicted, named=named, sample=sample)
    if title:
        _add_title(figure, title)
    if sample:
        sample_banner(figure, look, sample_text(machine), clear_px=STAIR_PX)
    return figure


def _add_title(figure: go.Figure, title: str) -> None:
    place = {"x": 0, "xref": "paper", "y": 1, "yanchor": "top", "pad": {"t": 12}}
    figure.update_layout(title={"text": title, **place})


def judge_all(
    points: Sequence[Measurement], ceilings: Sequence[Ceiling], machine: Machine
) -> dict[str, Verdict]:
    """Measurement id -> verdict, for those that can be judged."""
    verdicts = ((m.id, judge(m, ceilings, machine)) for m in points)
    return {key: verdict for key, verdict in verdicts if verdict is not None}


def _frame(look: Look, view: Scene, caption: str, entries: int) -> go.Figure:
    """Axes, legend and caption; the height follows the caption, the plot's own height never changes.

    The legend stands in rows of up to LEGEND_ROW of its `entries`, on a phone in up to one row for each.
    """
    lines = caption.count("<br>") + 1
    rows = entries if look.narrow else -(-entries // LEGEND_ROW)
    legend_px = 12 + rows * LEGEND_ROW_PX if rows else 0
    bottom = AXIS_PX + legend_px + lines * CAPTION_LINE_PX + 8
    left, right = (NARROW_LEFT_PX, NARROW_MARGIN_PX) if look.narrow else (LEFT_PX, MARGIN_PX)
    figure = sheet(look, TOP_PX + PLOT_PX + bottom, left_px=left, right_px=right)
    figure.update_layout(margin={"t": TOP_PX, "b": bottom})
    figure.update_xaxes(log_axis(look, "Arithmetic intensity (FLOP/byte)", *view.x), tickangle=0)
    figure.update_yaxes(log_axis(look, "Speed (GFLOP/s)", *view.y, 1e9))
    figure.update_layout(legend={"y": -AXIS_PX / PLOT_PX, "yanchor": "top"})
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
            xshift=8 - left,
            yshift=-(AXIS_PX + legend_px),
            bgcolor=faded(look.background, 0),
            font={"size": LEAST_PX, "color": look.muted},
        )
    )
    return figure


def provenance(
    machine: Machine,
    view: Scene,
    points: Sequence[Measurement],
    dtype: str,
    threads: int,
    clock: Clock | None,
    environment: Environment | None,
    created: str | None,
) -> list[str]:
    """What a reader of the picture alone must know, in sentences."""
    running = f"measured clock {rate_text(clock.clock_hz, 'Hz')}" if clock else "clock not measured"
    sentences = [f"{machine.cpu}: {running}; {dtype}, {format_count(threads, 'thread')}."]
    known = environment or (points[-1].environment if points else None)
    if known:
        blas = libraries_text(points, known)
        versions = f"Python {known.python}, NumPy {known.numpy}{blas}, Numba {known.numba}, accel {known.accel}"
        sentences.append(f"{versions}, {known.system}.")
    dates = sorted({m.created[:10] for m in points} | ({created[:10]} if created else set()))
    if dates:
        sentences.append(f"Measured {dates[0]}{' to ' + dates[-1] if len(dates) > 1 else ''}.")
    top = view.compute[0]
    tries = {roof.tries for roof in (top, *view.memory)}
    alike = len(tries) == 1 and max(tries) > 1
    fastest = f" of samples, each the fastest of {max(tries)} tries in a row" if alike else ""
    sentences.append(f"Roofs are medians{fastest}; bands their 95 % intervals. {_how(top)}{_theory(view)}")
    sentences.append(" ".join(_how(roof) for roof in view.memory))
    sentences.append(
        f"{len(points)} points: medians with 95 % intervals, bytes counted as least (compulsory) traffic. "
        f"{held_back_text(points)}".rstrip()
    )
    return sentences


def lens_provenance(machine: Machine, traffic: Sequence[Traffic], lens: str) -> str:
    """Where the bytes of the dots come from, and which walls lie outside of the frame."""
    caches = ", ".join(f"{c.level} {format_bytes(c.size_bytes)}" for c in machine.caches) or "no known cache"
    seen = "as the core asks for them" if lens == "core" else "from DRAM"
    kernels = "1 kernel" if len(traffic) == 1 else f"{len(traffic)} kernels"
    return (
        f"{kernels}: measured time, simulated bytes (this CPU as detected: {caches}; LRU, "
        f"write-back, one core, no prefetcher). Large dots: bytes {seen}. Dotted verticals: the best that any "
        "order can do behind each cache."
    )


def _theory(view: Scene) -> str:
    """What the dashed lines are, with the highest of them; empty where there is none."""
    if not view.theory:
        return ""
    top = max(view.theory, key=lambda c: c.value)
    return f" Thin dashes: theory at the measured clock, at most {roof_rate(top)}."


def _how(roof: Ceiling) -> str:
    """How a roof was obtained."""
    size = f" over {format_bytes(roof.working_set_bytes)}" if roof.working_set_bytes else ""
    return f"{roof_title(roof)}{size} ({roof.source}): {roof.definition.rstrip('.')}."
