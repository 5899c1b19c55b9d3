"""What each level holds, the rate against KC, and what they say."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.panel_rates import rates_figure
from accel_core.figures.panels import panels_figure
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.readings.panel_rates import LENGTHS, Rates, best_reading, rates_alt, rates_reading
from accel_core.readings.panels import Panel, panels_alt, panels_reading
from accel_core.studies.experiments import Setup, Shown
from accel_core.studies.packed import cut, marks
from accel_core.studies.record import Record, fma_roof
from app.panels.controls import GRID
from app.parts import columns, components, tables, theme
from app.parts.answers import how_measured
from app.session import drawings


def occupancy(found: list[Panel], asked: Blocking, size: int) -> None:
    """The picture of the levels, what it says, and what of the chosen lengths is longer than the matrices."""
    look = theme.current_look(columns.SHARE)
    theme.show(
        drawings.drawn(panels_figure, found, look), alt=panels_alt(found), key="panels", filename="panels"
    )
    components.reading(panels_reading(found))
    ran = dict(zip(LENGTHS, cut(asked, size), strict=True))
    shorter = [f"{n} = {getattr(asked, n)} runs as {ran[n]}" for n in GRID if getattr(asked, n) != ran[n]]
    if shorter:
        st.caption(f"At N={size}: {', '.join(shorter)}, so that all blocks are of one length.")


def picture(record: Record, found: Rates, levels: list[Panel], asked: Blocking, dtype: str) -> None:
    """The rate against KC, and what it says."""
    look = theme.current_look(columns.SHARE)
    ceiling = fma_roof(record, dtype, 1)
    figure = drawings.drawn(
        rates_figure, found, look, marks=marks(record.machine, asked, dtype), ceiling=ceiling
    )
    theme.show(figure, alt=rates_alt(found), key="rates", filename="panels-kc")
    for text in (rates_reading(found, levels, ceiling=ceiling), best_reading(found)):
        components.reading(text)
    components.held_back([point.measured for point in found.points])


def details(found: Rates) -> None:
    """On demand: the settings as a table, how each was measured, and the words."""
    by_rate = sorted(found.points, key=lambda p: -p.measured.flop_per_s)
    rows = tables.measurement_rows([p.measured for p in by_rate])
    ran = [dict(zip(LENGTHS, p.lengths, strict=True)) for p in by_rate]
    kept = [{k: v for k, v in row.items() if k != "Block"} for row in rows]
    listed = [{**at, **row} for at, row in zip(ran, kept, strict=True)]
    tables.expander("All settings as a table", listed, "panels", alt="Measured settings")
    how_measured(Shown(tuple(p.measured for p in by_rate), (), Setup(0, "", 1)))
    components.words("panel", "register tile", "FMA", "roof")
