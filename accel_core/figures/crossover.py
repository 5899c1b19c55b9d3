"""The crossover map: who is fastest at which kind of shape and size, and by how much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.contest import Contest
from accel_core.figures.drawing.axes import axis, label, sample_banner, sheet, teaching_figure
from accel_core.figures.drawing.look import FAMILY_SYMBOLS, LEAST_PX, Look, contrast
from accel_core.operations import OPERATIONS
from accel_core.readings.crossover import lead_text, size_text
from accel_core.readings.crossover_cells import (
    LABELS,
    Cell,
    Contests,
    backend_label,
    cells,
    map_rows,
)
from accel_core.units import format_time

ROW_PX, TOP_PX, BOTTOM_PX, LEFT_PX = 54, 76, 66, 104
GAP = 0.03
"""Between cells, in cells."""
BLACK_OR_WHITE = ("#000000", "#FFFFFF")
"""One of them has a contrast of 4.5 on any colour, which the softer ink of the look has not."""
CLEAR = 4.0
"""A lead of so many times has the full colour."""


def crossover_figure(operation: str, contests: Contests, look: Look, *, stale: str = "") -> go.Figure:
    """A cell for each kind of shape and size: the winner's name and colour, stronger the greater its lead.

    `stale` says whose result this is where it is another machine's: grey cells.
    """
    shown = cells(operation, contests)
    if not shown:
        text = "Calibrate: who is fastest at which shape will stand here, with its lead over the next best."
        return teaching_figure(text, look)
    rows, form = map_rows(operation), OPERATIONS[operation].form
    sizes = form.sizes
    used = sorted({cell.row for cell in shown})
    height_px = ROW_PX * max(len(used), 2)
    bottom_px = BOTTOM_PX + 20 * look.narrow  # for the footnote, which has no room beside the axis title
    figure = sheet(look, height_px + TOP_PX + bottom_px, left_px=92 if look.narrow else LEFT_PX, right_px=8)
    figure.update_layout(margin={"t": TOP_PX, "b": bottom_px})
    place = {row: at for at, row in enumerate(used)}
    for cell in shown:
        _add_cell(figure, look, cell, (sizes.index(cell.size), place[cell.row]), stale)
    figure.add_scatter(
        x=[sizes.index(cell.size) for cell in shown],
        y=[place[cell.row] for cell in shown],
        mode="markers",
        marker={"size": 36, "opacity": 0, "color": look.ink},
        hovertext=[_hover(operation, cell.contest, rows[cell.row].meaning) for cell in shown],
        hoverinfo="text",
        showlegend=False,
    )
    _add_legend(figure, look, shown, stale)
    quiet = {"showgrid": False, "fixedrange": True, "tickmode": "array"}
    figure.update_xaxes(
        axis(
            look,
            form.size_means,
            range=[-0.5, len(sizes) - 0.5],
            tickvals=list(range(len(sizes))),
            ticktext=[size_text(size) for size in sizes],
            tickangle=0,
            **quiet,
        )
    )
    texts = [rows[row].title for row in used]
    tick_axis = axis(look, "", range=[len(used) - 0.5, -0.5], tickvals=list(range(len(used))), ticktext=texts)
    figure.update_yaxes({**tick_axis, **quiet, "tickfont": {"size": look.small_px, "color": look.ink}})
    if stale:
        sample_banner(figure, look, stale)
    return figure


def _add_cell(figure: go.Figure, look: Look, cell: Cell, at: tuple[int, int], stale: str) -> None:
    x, y = at
    winner = cell.contest.winner
    colour = look.stale if stale else look.family(backend_label(winner).family)
    fill = _mixed(colour, look.background, _strength(cell.contest))
    ink = max(BLACK_OR_WHITE, key=lambda candidate: contrast(candidate, fill))
    half = 0.5 - GAP
    figure.add_shape(
        type="rect",
        x0=x - half,
        x1=x + half,
        y0=y - half,
        y1=y + half,
        fillcolor=fill,
        line={"color": colour, "width": 1},
        layer="below",
    )
    name = backend_label(winner).short
    if look.narrow:
        name = name[:1].upper()
    mark = "*" if cell.contest.disturbed_reason else ""
    lead = lead_text(cell.contest, 2 if look.narrow else 3).removeprefix("×" if look.narrow else "")
    text = f"<b>{name}</b>{mark}<br>{lead}"
    figure.add_annotation(
        label(
            look,
            text,
            x,
            y,
            align="center",
            font={"size": LEAST_PX if look.narrow else look.small_px, "color": ink},
        )
    )


def _strength(contest: Contest) -> float:
    """0.12 for a tie to 0.75 for a lead of CLEAR times or more."""
    if contest.is_tie or not contest.margin:
        return 0.12
    return 0.22 + 0.53 * min(1.0, math.log(contest.margin) / math.log(CLEAR))


def _add_legend(figure: go.Figure, look: Look, shown: Sequence[Cell], stale: str) -> None:
    """Each backend that wins somewhere, with its marker and its letter."""
    winners = Counter(cell.contest.winner for cell in shown)
    for name in [name for name in dict.fromkeys((*LABELS, *winners)) if winners[name]]:
        title, short, family = backend_label(name)
        letter = f"{short[:1].upper()}: " if look.narrow else ""
        figure.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            marker={
                "symbol": FAMILY_SYMBOLS.get(family, "circle"),
                "size": 12,
                "color": look.stale if stale else look.family(family),
            },
            name=f"{letter}{title}",
        )
    if any(cell.contest.disturbed_reason for cell in shown):
        figure.add_annotation(
            label(
                look,
                "* disturbed while it was timed",
                1,
                0,
                xref="paper",
                yref="paper",
                xanchor="right",
                yanchor="top",
                yshift=-58 if look.narrow else -44,
                font={"size": LEAST_PX, "color": look.muted},
            )
        )


def _hover(operation: str, contest: Contest, meaning: str) -> str:
    lengths = ", ".join(
        f"{name} {n}" for name, n in zip(OPERATIONS[operation].form.lengths, contest.lengths, strict=True)
    )
    times = [
        f"{backend_label(name).title}: {format_time(contest.times_s[name].median)}" for name in contest.order
    ]
    said = [f"disturbed: {contest.disturbed_reason}"] if contest.disturbed_reason else []
    return "<br>".join([f"<b>{meaning}</b>", lengths, *times, *said])


def _mixed(colour: str, ground: str, share: float) -> str:
    """`share` of "#RRGGBB" over another, as "#RRGGBB"."""
    pairs = zip(*(tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (colour, ground)), strict=True)
    return "#" + "".join(f"{round(share * top + (1 - share) * under):02X}" for top, under in pairs)
