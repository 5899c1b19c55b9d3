"""The block lengths to choose, the way back to the rule's, and what measures them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from accel_core import registry
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.model import DTYPES, Machine
from accel_core.studies.experiments import bench_job
from accel_core.studies.packed import PACKED, WORKLOAD, contest, rule, sweep
from app.parts import components
from app.session import settings

SIZES = tuple(n for n in WORKLOAD.sizes if 512 <= n <= 2048)
KEPT = "panels rule"
TILE = settings.Choice(
    "mr", "Register tile (rows)", tuple(sorted(TILES)), ROWS, "Rows of c that are summed in registers at once."
)
SIZE = settings.size(SIZES, 1024, WORKLOAD.size_means)
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
