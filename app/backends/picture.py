"""The map of who is fastest at which shape, its table, and how it was measured."""

from __future__ import annotations

import streamlit as st

from accel_core.backends.crossovers import Crossovers
from accel_core.figures import crossover_figure
from accel_core.operations import OPERATIONS
from accel_core.race import Race
from accel_core.readings.crossover import LABELS, cells, crossover_alt, crossover_reading
from accel_core.studies.record import Record
from accel_core.units import format_time
from app.parts import columns, components, tables, theme
from app.session import drawings, settings

OPERATION = settings.Choice(
    "operation", "Operation", tuple(OPERATIONS), "matmul", "Each operation has a map of its own."
)


def maps(known: Crossovers, operation: str, dtype: str) -> dict[str, tuple[Race, ...]]:
    """The races of one map, by layout."""
    return {layout: known.races(operation, dtype, layout) for layout in OPERATIONS[operation].measured}


def any_measured(known: Crossovers, operation: str, dtype: str) -> bool:
    """Whether the map has a cell."""
    return bool(cells(operation, maps(known, operation, dtype)))


def crossover_map(record: Record, known: Crossovers, operation: str, dtype: str) -> None:
    """The map, and what it says; grey and labelled where it is another machine's."""
    races = maps(known, operation, dtype)
    stale = components.whose(record, False, "")
    theme.show(
        drawings.drawn(crossover_figure, operation, races, theme.current_look(columns.SHARE), stale=stale),
        alt=crossover_alt(operation, races),
        key="crossover",
        filename=f"crossover-{operation}",
    )
    if text := crossover_reading(operation, races):
        components.reading(text)
        st.caption(
            "×1.31 says that the next best takes 1.31 times as long; the stronger the colour, the greater this "
            "ratio. A tie is within the 95 % interval. All were timed in turns, their results checked first."
        )


HOW = """
- Each backend's result is checked against NumPy's in float64 before it is timed.
- All backends are timed in turns, a sample of 0.3 ms each, until the best is known from the second best to 1 %
  or the shape's share of the time is over. Who takes three times as long as the best is timed once.
- The backend **auto** takes the fastest at a measured shape; between shapes the logarithm of each backend's
  time is interpolated. It decides once for each kind of operands and remembers that.
- A measurement holds for this machine, its number of cores and the library's kernels. Programs that run already
  read it at their next start.
"""


def details(known: Crossovers, operation: str, dtype: str) -> None:
    """On demand: every race as a table, and how it was measured."""
    by_layout = maps(known, operation, dtype)
    timed = (name for races in by_layout.values() for race in races for name in race.times_s)
    names = tuple(dict.fromkeys((*LABELS, *timed)))
    rows = [
        {
            "layout": layout,
            "shape": " x ".join(map(str, race.lengths)),
            "fastest": race.winner,
            "next best": race.second or "",
            "ratio": race.margin,
            "tie": race.is_tie,
            **{n: format_time(race.times_s[n].median) if n in race.times_s else "" for n in names},
            "disturbed": race.disturbed_reason,
        }
        for layout, races in by_layout.items()
        for race in races
    ]
    alt = f"Times of {operation} under each backend, by shape"
    tables.expander("All shapes as a table", rows, "crossovers", alt=alt)
    with st.expander("How it was measured, and what auto does with it", icon=":material/science:"):
        st.markdown(HOW)
