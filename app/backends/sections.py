"""What the page Backends is made of."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accel_core.backends.chooser import Chooser
from accel_core.backends.crossovers import Crossovers
from accel_core.contest import Calibration, Contest
from accel_core.figures import contest_figure, crossover_figure
from accel_core.operations import OPERATIONS
from accel_core.readings.crossover import (
    LABELS,
    backend_label,
    cells,
    contest_alt,
    crossover_alt,
    crossover_reading,
)
from accel_core.studies.record import Record
from accel_core.units import format_time
from app.parts import components, tables, theme
from app.session import cached, drawings, jobs, settings

OPERATION = settings.Choice(
    "operation", "Operation", tuple(OPERATIONS), "matmul", "Each operation has a map of its own."
)
SIDE = settings.Choice(
    "side",
    "Side n",
    (2, 8, 32, 128, 512, 1000, 1024, 2048),
    512,
    "Of the square arrays in the code below.",
)
BUDGET_S, ONE_S = 60.0, 2.0
"""Measuring time of the whole grid, and of one shape."""
COLUMNS = (9, 4)


def sample() -> tuple[Record, Crossovers] | None:
    """Another machine's record and contests, None where there is no sample."""
    known = cached.sample()
    if known is None or not known.calibrations:
        return None
    return Record(known.machine, known.peaks, known.measurements, sample=True), Crossovers(known.calibrations)


def crossovers(record: Record) -> Crossovers:
    """What is stored of this machine and its library, and over it what this session measured."""
    stored = cached.stored(record.machine.fingerprint).calibrations
    fresh = [result for result in jobs.results()[1] if isinstance(result, Calibration)]
    threads = record.machine.cores.allowed
    return Crossovers(part for part in (*stored, *fresh) if part.threads == threads)


def calibrate_job(operation: str) -> dict[str, Any]:
    """The job that measures the map of one operation in both number types."""
    return {"kind": "calibrate", "operations": [operation], "budget_s": budget_s(operation)}


def budget_s(operation: str) -> float:
    """The share of the whole grid's time that the shapes of `operation` have, at least 10 s."""
    counts = {
        name: sum(len(list(one.points(layout))) for layout in one.measured) for name, one in OPERATIONS.items()
    }
    return max(10.0, BUDGET_S * counts[operation] / sum(counts.values()))


def maps(known: Crossovers, operation: str, dtype: str) -> dict[str, tuple[Contest, ...]]:
    """The contests of one map, by layout."""
    return {layout: known.contests(operation, dtype, layout) for layout in OPERATIONS[operation].measured}


def any_measured(known: Crossovers, operation: str, dtype: str) -> bool:
    """Whether the map has a cell."""
    return bool(cells(operation, maps(known, operation, dtype)))


def crossover_map(record: Record, known: Crossovers, operation: str, dtype: str) -> None:
    """The map, and what it says; grey and labelled where it is another machine's."""
    contests = maps(known, operation, dtype)
    stale = components.whose(record, False, "")
    theme.show(
        drawings.drawn(
            crossover_figure, operation, contests, theme.current_look(COLUMNS[0] / sum(COLUMNS)), stale=stale
        ),
        alt=crossover_alt(operation, contests),
        key="crossover",
        filename=f"crossover-{operation}",
    )
    if text := crossover_reading(operation, contests):
        components.reading(text)
        st.caption(
            "×1.31 says that the next best takes 1.31 times as long; the stronger the colour, the greater the "
            "lead. A tie is within the 95 % interval. All were timed in turns, their results checked first."
        )


def same_code(known: Crossovers, record: Record, operation: str, dtype: str) -> None:
    """The same lines under each backend, and what each took."""
    st.subheader("The same code, another backend", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        side = int(settings.slider(SIDE))
        called = OPERATIONS[operation]
        shape = called.form.square(side)
        second = f"b = np.ones(({side}, {side}), {dtype!r})\n" if len(called.arrays) > 1 else ""
        st.code(
            f"import numpy as np\n"
            f"from accel_core import {operation}, use_backend\n\n"
            f"a = np.ones(({side}, {side}), {dtype!r})\n{second}\n"
            f"c = {called.code}  # by auto\n\n"
            f'with use_backend("compiled"):\n'
            f"    c = {called.code}\n",
            language="python",
        )
        choice = Chooser(lambda: (known, record.machine.cores.allowed)).choose(operation, shape, dtype, "C")
        st.markdown(f"auto takes **{backend_label(choice.backend).title}**, {choice.because}")
        one = {"operations": [operation], "dtypes": [dtype], "lengths": [list(shape)], "budget_s": ONE_S}
        components.job_button("Time this shape", {"kind": "calibrate", **one}, key="one shape")
    found = next((c for c in known.contests(operation, dtype) if c.lengths == shape), None)
    with right:
        theme.show(
            drawings.drawn(contest_figure, operation, found, theme.current_look(0.6), chosen=choice.backend),
            alt=contest_alt(operation, found),
            key="contest",
            filename=f"contest-{operation}",
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
    """On demand: every contest as a table, and how it was measured."""
    by_layout = maps(known, operation, dtype)
    timed = (name for contests in by_layout.values() for contest in contests for name in contest.times_s)
    names = tuple(dict.fromkeys((*LABELS, *timed)))
    with st.expander("All shapes as a table", icon=":material/table:"):
        rows = [
            {
                "layout": layout,
                "shape": " x ".join(map(str, contest.lengths)),
                "fastest": contest.winner,
                "next best": contest.second or "",
                "lead": contest.margin,
                "tie": contest.is_tie,
                **{n: format_time(contest.times_s[n].median) if n in contest.times_s else "" for n in names},
                "disturbed": contest.disturbed_reason,
            }
            for layout, contests in by_layout.items()
            for contest in contests
        ]
        tables.table(rows, "crossovers", alt=f"Times of {operation} under each backend, by shape")
    with st.expander("How it was measured, and what auto does with it", icon=":material/science:"):
        st.markdown(HOW)
