"""What the page Panels is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import streamlit as st

from accel_core import registry
from accel_core.figures.panel_rates import rates_figure
from accel_core.figures.panels import panels_figure
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.model import DTYPES, Machine
from accel_core.readings.panel_rates import LENGTHS, Rates, best_reading, rates_alt, rates_reading
from accel_core.readings.panels import Panel, panels_alt, panels_reading
from accel_core.studies.experiments import Setup, Shown, bench_job
from accel_core.studies.packed import PACKED, WORKLOAD, contest, cut, marks, rule, sweep
from accel_core.studies.record import Record, fma_roof
from app.parts import components, tables, theme
from app.parts.answers import how_measured
from app.session import drawings, settings

COLUMNS = (4, 9)
"""The widths of the controls and of the pictures."""
SIZES = tuple(n for n in WORKLOAD.sizes if 512 <= n <= 2048)
KEPT = "panels rule"

TILE = settings.Choice(
    "mr", "Register tile (rows)", tuple(sorted(TILES)), ROWS, "Rows of c that are summed in registers at once."
)
SIZE = settings.size(SIZES, 1024, WORKLOAD.size_means)
BUDGET = replace(settings.BUDGET, key="point", label="Time per point (s)", default=0.5)
GRID = {
    "mc": (32, 64, 128, 256, 512, 1024, 2048),
    "kc": (8, 16, 32, 64, 128, 256, 512, 1024, 2048),
    "nc": (32, 64, 128, 256, 512, 1024, 2048),
}
"""What the sliders offer beside the lengths of the rule."""


def lengths(machine: Machine, dtype: str, tile: int) -> dict[str, settings.Choice]:
    """The settings MC, KC and NC; at first what the rule derives.

    The offered lengths hold those of the rule for every tile and type, so that they never change.
    """
    rules = [rule(machine, d, rows) for d in DTYPES for rows in TILES]
    here = rule(machine, dtype, tile)
    ideas = {p.name: p.idea.partition(";")[0] for p in PACKED.parameters}
    return {
        name: settings.Choice(
            name,
            name.upper(),
            tuple(sorted({*GRID[name], *(getattr(r, name) for r in rules)})),
            getattr(here, name),
            f"{ideas[name]}. The rule: {getattr(here, name)}.",
        )
        for name in GRID
    }


def follow(choices: Mapping[str, settings.Choice]) -> None:
    """Where another tile or type changes the rule, a length that stood at the rule goes along."""
    before: dict[str, int] = st.session_state.get(KEPT, {})
    now = {name: int(choice.default) for name, choice in choices.items()}
    for name, value in now.items():
        kept = st.session_state.get(name)
        if kept is not None and before.get(name, value) != value:
            st.session_state[name] = value if kept == before[name] else kept
    st.session_state[KEPT] = now


def back_to_the_rule(machine: Machine, dtype: str) -> None:
    """A button's callback: the rule's tile and lengths."""
    st.session_state[TILE.key] = TILE.default
    for name, choice in lengths(machine, dtype, ROWS).items():
        st.session_state[name] = choice.default


def rule_button(machine: Machine, dtype: str) -> None:
    """The way back to what the caches ask for."""
    st.button(
        "Back to the rule",
        key="rule",
        icon=":material/undo:",
        width="stretch",
        on_click=back_to_the_rule,
        args=(machine, dtype),
        help="The register tile and the lengths that the rule derives from this machine's caches.",
    )


def buttons(machine: Machine, asked: Blocking, size: int, dtype: str, budget_s: float) -> None:
    """Measure the chosen setting beside the rule's and NumPy; sweep KC."""
    once = contest(asked, rule(machine, dtype), size, dtype)
    swept = sweep(machine, asked, size, dtype)
    missing = next((why for c in once if (why := registry.why_not(c, machine))), "")
    left, right = st.columns([3, 2])
    with left:
        label = "Measure this setting" if len(once) == 3 else "Measure the rule's setting"
        components.measure_button(label, bench_job(once, budget_s), empty=missing)
    with right:
        components.job_button(
            "Sweep KC",
            bench_job(swept, budget_s),
            key="sweep kc",
            icon=":material/timeline:",
            empty=missing,
            help=f"{len(swept) - 1} depths around the rule's, the other lengths as chosen, and NumPy.",
            width="stretch",
        )


def occupancy(found: list[Panel], asked: Blocking, size: int) -> None:
    """The picture of the levels, what it says, and what of the chosen lengths is longer than the matrices."""
    look = theme.current_look(COLUMNS[1] / sum(COLUMNS))
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
    look = theme.current_look(COLUMNS[1] / sum(COLUMNS))
    ceiling = fma_roof(record, dtype, 1)
    figure = drawings.drawn(
        rates_figure, found, look, marks=marks(record.machine, asked, dtype), ceiling=ceiling
    )
    theme.show(figure, alt=rates_alt(found), key="rates", filename="panels-kc")
    for text in (rates_reading(found, levels, ceiling=ceiling), best_reading(found)):
        if text:
            components.reading(text)
    components.held_back([point.measured for point in found.points])


def details(found: Rates) -> None:
    """On demand: the settings as a table, how each was measured, and the words."""
    by_rate = sorted(found.points, key=lambda p: -p.measured.flop_per_s)
    with st.expander("All settings as a table", icon=":material/table:"):
        rows = tables.measurement_rows([p.measured for p in by_rate])
        ran = [dict(zip(LENGTHS, p.lengths, strict=True)) for p in by_rate]
        kept = [{k: v for k, v in row.items() if k != "Block"} for row in rows]
        tables.table(
            [{**at, **row} for at, row in zip(ran, kept, strict=True)], "panels", alt="Measured settings"
        )
    how_measured(Shown(tuple(p.measured for p in by_rate), (), Setup(0, "", 1)))
    components.words("panel", "register tile", "FMA", "roof")
