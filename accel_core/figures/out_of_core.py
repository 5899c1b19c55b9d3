"""A product on a disk: its rate against the block, under the disk's roof and the library's."""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import log2_axis, log_axis, sheet, teaching_figure
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, Look, faded
from accel_core.figures.drawing.marks import add_dots, add_level
from accel_core.model import OutOfCoreRun
from accel_core.model.disk import DISK
from accel_core.readings.out_of_core import held_back, prediction, roof_under
from accel_core.units import format_rate

PLOT_PX, BELOW_PX, LEGEND_ROW_PX = 320, 60, 24
ROOM = 1.6
"""Above and below what is drawn, as a factor."""
EMPTY = "Run `accel out-of-core`: its rate will stand here against the block, under the roof of the disk."


def out_of_core_figure(runs: Sequence[OutOfCoreRun], look: Look) -> go.Figure:
    """GFLOP/s of the runs of one product against the side of the block of c; rings are what was predicted.

    The sloping roof is what reading alone allows, the level one the library's rate on tiles in memory.
    """
    if not runs:
        return teaching_figure(EMPTY, look, 300)
    roof = roof_under(runs[0])
    library = max(run.library_flop_per_s for run in runs)
    values = [*(run.flop_per_s for run in runs), *(run.predicted_flop_per_s for run in runs), library]
    rows = 3 if look.narrow else 1
    figure = sheet(look, PLOT_PX, bottom_px=BELOW_PX + rows * LEGEND_ROW_PX)
    figure.update_layout(legend={"y": -BELOW_PX / PLOT_PX, "yanchor": "top"})
    low, high = min([*values, roof[0][1]]) / ROOM, max(values) * ROOM
    figure.update_yaxes({**log_axis(look, "Speed (GFLOP/s)", low, high, 1e9), "fixedrange": True})
    blocks = [float(block) for block, _ in roof]
    figure.update_xaxes(log2_axis(look, "Side of the block of c", blocks, sizes=False))
    colour = look.level(DISK)
    figure.add_scatter(
        x=blocks,
        y=[rate for _, rate in roof],
        mode="lines",
        line={"color": colour, "width": 3},
        name=f"disk, {format_rate(runs[0].disk_read_byte_per_s, 'B/s')}",
        hoverinfo="skip",
    )
    named, over = f"library in memory, {format_rate(library, 'FLOP/s')}", faded(look.background, 0.85)
    add_level(figure, look, library, named, look.ink, log=True, yshift=2, bgcolor=over)
    ring = {"symbol": "circle-open", "size": 22, "color": look.ink, "line": {"width": 2}}
    add_dots(
        figure,
        [(run.block, run.predicted_flop_per_s) for run in runs],
        ring,
        name="predicted",
        cliponaxis=False,
    )
    dot = {"symbol": FAMILY_SYMBOLS["numpy"], "size": 11, "color": look.family("numpy")}
    texts = [f"{prediction(run)}<br>{held_back(run)}" for run in runs]
    add_dots(
        figure,
        [(run.block, run.flop_per_s) for run in runs],
        dot,
        name="measured",
        hovertext=texts,
        cliponaxis=False,
    )
    return figure
