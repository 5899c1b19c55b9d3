"""The crossover map: who is fastest at which kind of shape and size, and by how much."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import axis, sheet, teaching_figure
from accel_core.figures.drawing.labels import caption, label, sample_banner
from accel_core.figures.drawing.look import LEAST_PX, Look, contrast
from accel_core.figures.drawing.marks import add_box, add_dots, add_legend_entry
from accel_core.figures.drawing.text import width_px
from accel_core.operations import OPERATIONS
from accel_core.race import Race
from accel_core.readings.crossover import (
    LABELS,
    Cell,
    Races,
    backend_label,
    cells,
    map_rows,
    race_rows,
    ratio_text,
    size_text,
)

ROW_PX, TOP_PX, BOTTOM_PX = 54, 76, 66
LEGEND_ROW_PX, SYMBOL_PX = 22, 45
GAP = 0.03
"""Between cells, in cells."""
BLACK_OR_WHITE = ("#000000", "#FFFFFF")
"""One of them has a contrast of 4.5 on any colour, which the softer ink of the look has not."""
CLEAR = 4.0
"""A ratio of so much has the full colour."""


def crossover_figure(operation: str, races: Races, look: Look, *, stale: str = "") -> go.Figure:
    """A cell for each kind of shape and size: the winner's name and colour, stronger the greater the ratio.

    `stale` says whose result this is where it is another machine's: grey cells.
    """
    shown = cells(operation, races)
    if not shown:
        text = "Calibrate: who is fastest at which shape will stand here, with its ratio to the next best."
        return teaching_figure(text, look)
    rows, form = map_rows(operation), OPERATIONS[operation].form
    sizes = form.sizes
    used = sorted({cell.row for cell in shown})
    height_px = ROW_PX * max(len(used), 2)
    bottom_px = BOTTOM_PX + 20 * look.narrow  # for the footnote, which has no room beside the axis title
    titles = [rows[row].title for row in used]
    left_px = round(max(width_px(title, look.small_px) for title in titles)) + 16
    figure = sheet(look, height_px, top_px=TOP_PX, bottom_px=bottom_px, left_px=left_px, right_px=8)
    place = {row: at for at, row in enumerate(used)}
    for cell in shown:
        _add_cell(figure, look, cell, (sizes.index(cell.size), place[cell.row]), stale)
    at = [(sizes.index(cell.size), place[cell.row]) for cell in shown]
    texts = [_hover(operation, cell.race, rows[cell.row].meaning) for cell in shown]
    add_dots(figure, at, {"size": 36, "opacity": 0, "color": look.ink}, hovertext=texts, showlegend=False)
    legend_px = LEGEND_ROW_PX * _add_legend(figure, look, shown, stale, look.room_px(left_px + 8))
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
    tick_axis = axis(look, "", range=[len(used) - 0.5, -0.5], tickvals=list(range(len(used))), ticktext=titles)
    figure.update_yaxes({**tick_axis, **quiet, "tickfont": {"size": look.small_px, "color": look.ink}})
    sample_banner(figure, look, stale, clear_px=legend_px)
    return figure


def _add_cell(figure: go.Figure, look: Look, cell: Cell, at: tuple[int, int], stale: str) -> None:
    x, y = at
    winner = cell.race.winner
    colour = look.stale if stale else look.family(backend_label(winner).family)
    fill = _mixed(colour, look.background, _strength(cell.race))
    ink = max(BLACK_OR_WHITE, key=lambda candidate: contrast(candidate, fill))
    half = 0.5 - GAP
    add_box(figure, (x - half, x + half), (y - half, y + half), fill, {"color": colour, "width": 1})
    name = backend_label(winner).short
    if look.narrow:
        name = name[:1].upper()
    mark = "*" if cell.race.disturbed_reason else ""
    ratio = ratio_text(cell.race, 2 if look.narrow else 3).removeprefix("×" if look.narrow else "")
    size_px = LEAST_PX if look.narrow else look.small_px
    text = f"<b>{name}</b>{mark}<br>{ratio}"
    figure.add_annotation(label(look, text, x, y, align="center", size=size_px, colour=ink))


def _strength(race: Race) -> float:
    """0.12 for a tie to 0.75 for a ratio of CLEAR or more."""
    if race.is_tie or not race.margin:
        return 0.12
    return 0.22 + 0.53 * min(1.0, math.log(race.margin) / math.log(CLEAR))


def _add_legend(figure: go.Figure, look: Look, shown: Sequence[Cell], stale: str, room_px: float) -> int:
    """Each backend that wins somewhere, with its marker and its letter; how many lines they take.

    What does not stand in one line stands in columns as wide as the widest (plotly.js, legend/draw.js).
    """
    winners = Counter(cell.race.winner for cell in shown)
    names = [name for name in dict.fromkeys((*LABELS, *winners)) if winners[name]]
    wide_px = []
    for name in names:
        title, short, family = backend_label(name)
        letter = f"{short[:1].upper()}: " if look.narrow else ""
        colour = look.stale if stale else look.family(family)
        add_legend_entry(figure, family, colour, f"{letter}{title}")
        wide_px.append(SYMBOL_PX + width_px(f"{letter}{title}", look.small_px))
    if any(cell.race.disturbed_reason for cell in shown):
        place = {"xanchor": "right", "yshift": -58 if look.narrow else -44}
        note = caption(look, "* disturbed while it was timed", 0, 8)
        figure.add_annotation({**note, "x": 1, **place})
    columns = max(1, int(room_px // max(wide_px)))
    return 1 if sum(wide_px) <= room_px else -(-len(names) // columns)


def _hover(operation: str, race: Race, meaning: str) -> str:
    lengths, times = race_rows(operation, race)
    said = [f"disturbed: {race.disturbed_reason}"] if race.disturbed_reason else []
    return "<br>".join([f"<b>{meaning}</b>", lengths, *times, *said])


def _mixed(colour: str, ground: str, share: float) -> str:
    """`share` of "#RRGGBB" over another, as "#RRGGBB"."""
    pairs = zip(*(tuple(int(c[i : i + 2], 16) for i in (1, 3, 5)) for c in (colour, ground)), strict=True)
    return "#" + "".join(f"{round(share * top + (1 - share) * under):02X}" for top, under in pairs)
