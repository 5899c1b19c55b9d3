"""What the page Lab is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from accel_core import registry
from accel_core.figures import Look, ladder_figure, sweep_figure
from accel_core.figures.misses import add_misses
from accel_core.model import Machine, Measurement
from accel_core.readings.ladder import ladder_alt, ladder_reading
from accel_core.readings.sweep import Mark, Misses, cache_marks, misses_alt, sweep_alt, sweep_reading
from accel_core.studies.blocks import best_block_reading
from accel_core.studies.experiments import OVER, Experiment, Setup, Shown, block_choices
from accel_core.studies.record import Record
from app.lab import block_misses
from app.parts import answers, components, tables, theme
from app.session import drawings, settings

WORKLOAD = registry.workload("matmul")
BUTTONS = {
    "block": "Sweep the block",
    "size": "Sweep the size",
    "threads": "Sweep the threads",
    "none": "Measure once",
}
SIZE, BUDGET_S = 512, 0.5
"""At first: large enough that a tile falls out of a cache, and a whole sweep takes less than half a minute."""
COLUMNS = (4, 9)
"""The widths of the controls and of the picture."""
TILED = ("numpy_tiled", "compiled_tiled")
BLOCKS = tuple(block_choices(WORKLOAD))


NAMES = tuple(k.name for k in WORKLOAD.kernels)
KERNELS = settings.Several("kernels", "Kernels", NAMES, tuple(n for n in TILED if n in NAMES))


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the page that are one choice, by name."""
    return {
        "over": settings.Choice(
            "over", "Sweep over", OVER, "block", "What to vary; none: each kernel once, as set below."
        ),
        **answers.controls(machine, WORKLOAD),
        "size": settings.size(WORKLOAD.sizes, SIZE, WORKLOAD.size_means),
        "budget": replace(settings.BUDGET, key="point", label="Time per point (s)", default=BUDGET_S),
        "block": settings.block(BLOCKS, 64),
    }


def experiment(machine: Machine, kernels: tuple[str, ...], over: str, setup: Setup) -> Experiment:
    """What the controls ask for."""
    counts = tuple(int(t) for t in settings.threads(machine.cores.allowed).options)
    return Experiment(WORKLOAD, kernels, over, setup, counts)


def nothing_to_do(asked: Experiment) -> str:
    """Why the sweep has no case; empty where it has some."""
    if asked.cases():
        return ""
    can = [k.name for k in WORKLOAD.kernels if asked.varies(k)]
    return f"None of the chosen kernels has {asked.over} to vary: choose {' or '.join(can) or 'another sweep'}."


def left_out(asked: Experiment) -> None:
    """Name the chosen kernels that the sweep cannot vary."""
    without = [name for name in asked.kernels if not asked.varies(WORKLOAD.kernel(name))]
    if not asked.cases():
        st.warning(nothing_to_do(asked), icon=":material/tune:")
    elif without:
        verb = "has" if len(without) == 1 else "have"
        thing = "one thread only" if asked.over == "threads" else f"no {asked.over}"
        st.caption(f"Left out: {', '.join(without)} {verb} {thing}.")


def cache_caption(machine: Machine, dtype: str) -> None:
    """The blocks and sizes at which three of them fill each cache."""
    marks = cache_marks(machine, dtype, "block")
    if marks:
        fills = ", ".join(f"{mark.level} at {mark.value:.0f}" for mark in marks)
        st.caption(f"Three {dtype} blocks, or three whole matrices, of this side fill {fills}.")


def picture(record: Record, asked: Experiment, shown: Shown) -> None:
    """The sweep as lines, or single measurements as bars, and what they say."""
    stale = components.whose(record, shown.stale, shown.setup.sentence(asked.over))
    look = theme.current_look(COLUMNS[1] / sum(COLUMNS))
    if asked.over == "none":
        rungs = WORKLOAD.only(asked.kernels)
        theme.show(
            drawings.drawn(ladder_figure, rungs, shown.measurements, shown.refusals, look, stale=stale),
            alt=ladder_alt(rungs, shown.measurements, shown.refusals),
            key="lab bars",
            filename="lab",
        )
        components.reading(ladder_reading(rungs, shown.measurements, shown.refusals))
        answers.remarks(shown)
        return
    top = max((value(m, asked.over) for m in shown.measurements), default=shown.setup.size)
    marks = cache_marks(record.machine, shown.setup.dtype, asked.over, top * 1.2)
    above = st.container()  # what is simulated comes under the picture that it is for
    misses = block_misses.misses(record, shown.measurements) if asked.over == "block" else {}
    with above:
        theme.show(
            drawings.drawn(_sweep, shown.measurements, asked.over, look, marks, stale, misses),
            alt=sweep_alt(WORKLOAD, shown.measurements, asked.over) + misses_alt(misses, block_misses.TITLE),
            key="sweep",
            filename=f"sweep-{asked.over}",
        )
    components.reading(sweep_reading(WORKLOAD, shown.measurements, asked.over, marks))
    if asked.over == "block" and (text := best_block_reading(record.machine, shown.measurements)):
        components.reading(text)
    if text := block_misses.misses_reading(shown.measurements, misses):
        components.reading(text)
    components.held_back(shown.measurements)


def _sweep(
    measurements: Sequence[Measurement],
    over: str,
    look: Look,
    marks: Sequence[Mark],
    stale: str,
    misses: Misses,
) -> Any:
    """The lines of a sweep, and over the block what the simulator counts beside them."""
    figure = sweep_figure(WORKLOAD, measurements, over, look, marks=marks, stale=stale)
    add_misses(figure, look, misses, title=block_misses.TITLE)
    return figure


def value(m: Measurement, over: str) -> float:
    """The swept value of a measurement."""
    if over == "block":
        return float(m.parameters.get("block", m.size))
    return float(m.size if over == "size" else m.threads)


def details(shown: Shown) -> None:
    """On demand: the table, and how each number was measured."""
    with st.expander("All measurements as a table", icon=":material/table:"):
        tables.table(tables.measurement_rows(shown.measurements), "lab", alt="Measurements of this experiment")
        for refused in shown.refusals:
            st.caption(f"{refused.case.kernel}, N={refused.case.size}: {refused.reason}")
    answers.how_measured(shown)
    components.words("block", "working set", "FLOP")
