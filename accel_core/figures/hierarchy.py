"""The memory hierarchy of one machine as a picture: sizes, latencies and bandwidths where they belong."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import sheet_of_rows
from accel_core.figures.drawing.labels import backed, label, sample_banner
from accel_core.figures.drawing.look import LEAST_PX, THEORY_DASH, Look, faded
from accel_core.figures.drawing.marks import add_box
from accel_core.figures.drawing.text import width_px, wrap
from accel_core.model import DRAM, Disk, Machine, Peaks
from accel_core.model.disk import DISK
from accel_core.readings.disk import disk_rows, disk_title, latency_text, rates_text
from accel_core.readings.estimates import time_text
from accel_core.readings.machine import known_levels, sample_text, size_text
from accel_core.readings.roofs import ceiling_text, load_roof
from accel_core.units import format_bytes, format_count, format_number, format_rate, format_time

ROW_PX, GAP_PX, CORES_PX, NOTE_PX = 50, 29, 46, 28
NARROWEST, WIDEST_BAND = 0.5, 0.34
RIM_PX = 12
MOST_CORES_DRAWN = 16


def hierarchy_figure(
    machine: Machine, peaks: Peaks | None, look: Look, *, sample: bool = False, disk: Disk | None = None
) -> go.Figure:
    """Registers at the top, DRAM at the bottom; a band's width is the square root of the read bandwidth.

    Boxes widen from near to far by rank. What `peaks` lacks says "not measured yet". A `sample` is grey and
    says so. A `disk` that was measured stands below DRAM.
    """
    rows = [("registers", None), *known_levels(machine), *([(DISK, None)] if disk else [])]
    height = CORES_PX + len(rows) * ROW_PX + (len(rows) - 1) * GAP_PX + NOTE_PX
    figure = sheet_of_rows(look, height, top_px=40, bottom_px=8, left_px=RIM_PX, right_px=RIM_PX)
    figure.update_xaxes(visible=False, range=[-0.004, 1.004], fixedrange=True)
    _draw_cores(figure, machine, look)
    roofs = [load_roof(peaks, level) for level, _ in rows]
    roofs[-1] = disk.roof() if disk else roofs[-1]
    widest = max((roof.value for roof in roofs if roof), default=1.0)
    for rank, (level, size) in enumerate(rows):
        top = CORES_PX + rank * (ROW_PX + GAP_PX)
        width = NARROWEST + (1 - NARROWEST) * rank / (len(rows) - 1)
        colour = look.stale if sample else look.level(level)
        text = _disk_text(disk, peaks) if disk and level == DISK else _box_text(machine, peaks, level, size)
        least = width_px(text, look.font_px) / look.room_px(2 * RIM_PX)
        _draw_box(figure, look, top, min(max(width, least), 1.0), colour, text)
        if rank:
            roof = roofs[rank]
            share = math.sqrt(roof.value / widest) if roof else None
            text = format_rate(roof.value, "B/s") if roof else "not measured yet"
            text = rates_text(disk) if disk and level == DISK else text
            _draw_band(figure, look, top - GAP_PX, share, colour, text)
    _add_hover(figure, machine, peaks, rows, disk)
    whose = "of one core's reads, and of the disk's" if disk else "that one core reads with"
    note = wrap(f"Band width: square root of the bandwidth {whose}", look.room_px(24), LEAST_PX)
    place = {"align": "center", "size": LEAST_PX, "colour": look.muted}
    figure.add_annotation(label(look, note, 0.5, height - 10, **place))
    sample_banner(figure, look, sample_text(machine) if sample else "")
    return figure


def _draw_cores(figure: go.Figure, machine: Machine, look: Look) -> None:
    """A row of small squares, one a core that may be used, and how many there are."""
    allowed = machine.cores.allowed
    drawn = min(allowed, MOST_CORES_DRAWN)
    for i in range(drawn):
        left_px = (i - drawn / 2) * 20
        ends, line = (left_px + 2, left_px + 18), {"color": look.ink, "width": 1.5}
        add_box(figure, ends, (24, 40), look.panel, line, xsizemode="pixel", xanchor=0.5, layer="above")
    text = f"{format_count(allowed, 'core')} for this process" + (f", {drawn} drawn" if drawn < allowed else "")
    figure.add_annotation(label(look, text, 0.5, 10))


def _draw_box(figure: go.Figure, look: Look, top: float, width: float, colour: str, text: str) -> None:
    ends, line = (0.5 - width / 2, 0.5 + width / 2), {"color": colour, "width": 2}
    add_box(figure, ends, (top, top + ROW_PX), faded(colour, 0.16), line)
    figure.add_annotation(label(look, text, 0.5, top + ROW_PX / 2, align="center", size=look.font_px))


def _draw_band(figure: go.Figure, look: Look, top: float, share: float | None, colour: str, text: str) -> None:
    """The road between two levels: its width is `share` of the widest, a thin dashed line where unknown."""
    half = (share or 0) * WIDEST_BAND / 2
    line = {"color": look.muted, "width": 1.5, "dash": THEORY_DASH} if share is None else {"width": 0}
    add_box(figure, (0.5 - half, 0.5 + half), (top, top + GAP_PX), faded(colour, 0.45), line)
    figure.add_annotation(label(look, f"<b>{text}</b>", 0.5, top + GAP_PX / 2, **backed(look)))


def _box_text(machine: Machine, peaks: Peaks | None, level: str, size: int | None) -> str:
    if level == "registers":
        return f"<b>Registers</b><br>{machine.simd.width_bits}-bit vectors"
    name, cache = DRAM if level == DRAM else f"{level} cache", machine.cache(level)
    known = size_text(cache) if cache else format_bytes(size) if size else "size unknown"
    return f"<b>{name}</b>  {known}<br>{_latency_text(peaks, level)}"


def _disk_text(disk: Disk, peaks: Peaks | None) -> str:
    return f"<b>Disk</b>  {disk_title(disk)}<br>{latency_text(disk, peaks)}"


def _latency_text(peaks: Peaks | None, level: str) -> str:
    """ "1.91 ns, 7 cycles" at the measured clock."""
    found = next((x for x in (peaks.latencies if peaks else ()) if x.level == level), None)
    if found is None:
        return "latency not measured yet"
    text = format_time(found.time_s.median)
    if peaks and peaks.clock:
        cycles = found.time_s.median * peaks.clock.clock_hz.median
        text += f", {format_number(cycles, 2 if cycles < 100 else 3)} cycles"
    return text


def _add_hover(
    figure: go.Figure,
    machine: Machine,
    peaks: Peaks | None,
    rows: list[tuple[str, int | None]],
    disk: Disk | None,
) -> None:
    """Invisible points on the boxes that carry intervals and sources."""
    texts = []
    for level, _ in rows[1:]:
        if disk and level == DISK:
            lines = ["<b>Disk</b>", *(f"{what}: {seen}" for what, seen in disk_rows(disk))]
            texts.append("<br>".join(lines))
            continue
        cache, roof = machine.cache(level), load_roof(peaks, level)
        latency = next((x for x in (peaks.latencies if peaks else ()) if x.level == level), None)
        lines = [f"<b>{level}</b>"]
        if cache:
            ways = f"{cache.ways} ways, " if cache.ways else ""
            line = f"{cache.line_bytes} B lines" if cache.line_bytes else "line size unknown"
            lines.append(f"{ways}{line} (source: {cache.source or 'unknown'})")
            if cache.shared_cpus:
                lines.append(f"shared by {len(cache.shared_cpus)} logical processors")
        lines.append(f"read bandwidth {ceiling_text(roof)}" if roof else "read bandwidth not measured yet")
        lines.append(f"latency {time_text(latency.time_s)}" if latency else "latency not measured yet")
        texts.append("<br>".join(lines))
    figure.add_scatter(
        x=[0.5] * len(texts),
        y=[CORES_PX + (i + 1) * (ROW_PX + GAP_PX) + ROW_PX / 2 for i in range(len(texts))],
        mode="markers",
        marker={"size": ROW_PX, "opacity": 0},
        hovertext=texts,
        hoverinfo="text",
        name="levels",
    )
