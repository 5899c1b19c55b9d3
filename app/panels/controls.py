"""The block sizes to choose, the way back to those from the caches, and what measures them."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from accel_core import registry
from accel_core.kernels.matmul.blocking import Blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.model import DTYPES, Machine
from accel_core.model.tuning import Tuning
from accel_core.readings.panel_rates import tuning_reading, width_reading
from accel_core.studies.experiments import bench_job
from accel_core.studies.packed import PACKED, WORKLOAD, comparison, cut, from_caches, sweep, tuned
from app.parts import components
from app.session import cached, settings

SIZES = tuple(n for n in WORKLOAD.sizes if 512 <= n <= 2048)
KEPT = "panels derived"
TILE = settings.Choice(
    "mr", "Register tile (rows)", tuple(sorted(TILES)), ROWS, "Rows of c that are summed in registers at once."
)
SIZE = settings.size(SIZES, 1024, WORKLOAD.size_means)
GRID = {
    "mc": (32, 64, 128, 256, 512, 1024, 2048),
    "kc": (8, 16, 32, 64, 128, 256, 512, 1024, 2048),
    "nc": (32, 64, 128, 256, 512, 1024, 2048),
}
"""What the sliders offer beside the block sizes from the caches."""


def best(machine: Machine, dtype: str) -> tuple[Tuning | None, Blocking | None]:
    """The newest tuning of this machine, and the block sizes that it found to beat those from the caches."""
    return tuned(machine, dtype, cached.environment())


def lengths(machine: Machine, dtype: str, tile: int) -> dict[str, settings.Choice]:
    """The settings MC, KC and NC; at first the block sizes from the caches.

    The offered sizes hold those from the caches for every tile and type, and those measured here, so that
    they stay the same whatever is chosen.
    """
    usual = [from_caches(machine, d, rows) for d in DTYPES for rows in TILES]
    usual += [blocks for d in DTYPES if (blocks := best(machine, d)[1])]
    here = from_caches(machine, dtype, tile)
    ideas = {p.name: p.idea.partition(";")[0] for p in PACKED.parameters}
    return {
        name: settings.Choice(
            name,
            name.upper(),
            tuple(sorted({*GRID[name], *(getattr(r, name) for r in usual)})),
            getattr(here, name),
            f"{ideas[name]}. From the caches: {getattr(here, name)}.",
        )
        for name in GRID
    }


def follow(choices: Mapping[str, settings.Choice]) -> None:
    """Where another tile or type changes the block sizes from the caches, one that stood there goes along."""
    before: dict[str, int] = st.session_state.get(KEPT, {})
    now = {name: int(choice.default) for name, choice in choices.items()}
    for name, value in now.items():
        kept = st.session_state.get(name)
        if kept is not None and before.get(name, value) != value:
            st.session_state[name] = value if kept == before[name] else kept
    st.session_state[KEPT] = now


def choose(blocks: Blocking, usual: Blocking) -> None:
    """A button's callback: the tile and the sizes of `blocks`; `usual` are the caches' for that tile."""
    st.session_state[TILE.key] = blocks.mr
    for name in GRID:
        st.session_state[name] = getattr(blocks, name)
    st.session_state[KEPT] = {name: getattr(usual, name) for name in GRID}


def ready_made(machine: Machine, dtype: str) -> None:
    """The way back to what the caches ask for, and to what was measured to be the fastest; or measure that."""
    st.button(
        "Block sizes from the caches",
        key="from caches",
        icon=":material/undo:",
        width="stretch",
        on_click=choose,
        args=(from_caches(machine, dtype), from_caches(machine, dtype)),
        help="The register tile and the block sizes that follow from this machine's caches.",
    )
    tuning, blocks = best(machine, dtype)
    if blocks:
        st.button(
            "Block sizes measured here",
            key="tuned",
            icon=":material/tune:",
            width="stretch",
            on_click=choose,
            args=(blocks, from_caches(machine, dtype, blocks.mr)),
            help="The register tile and the block sizes that were measured to be the fastest on this machine.",
        )
    components.job_button(
        "Tune again" if tuning else "Tune",
        {"kind": "tune"},
        key="tune",
        icon=":material/speed:",
        help="Races some forty tiles and block sizes in turns, for both types. From then on the packed rungs "
        "use the fastest.",
        width="stretch",
    )


def buttons(machine: Machine, asked: Blocking, size: int, dtype: str, budget_s: float) -> None:
    """Measure the chosen setting beside the block sizes from the caches, those tuned and NumPy; sweep KC."""
    tuning, blocks = best(machine, dtype)
    others = [from_caches(machine, dtype), *([blocks] if blocks else [])]
    once = comparison(asked, others, size, dtype)
    swept = sweep(machine, asked, size, dtype)
    missing = next((why for c in once if (why := registry.why_not(c, machine))), "")
    with st.container(horizontal=True):
        is_derived = cut(asked, size) == cut(others[0], size)
        label = "Measure the sizes from the caches" if is_derived else "Measure this setting"
        components.measure_button(label, bench_job(once, budget_s, in_turns=True), empty=missing)
        components.job_button(
            "Sweep KC",
            bench_job(swept, budget_s),
            key="sweep kc",
            icon=":material/timeline:",
            empty=missing,
            help=f"{len(swept) - 1} depths around that from the caches, the other sizes as chosen, and NumPy.",
            width="stretch",
        )
    if tuning:
        st.caption(f"{tuning_reading(tuning)} {width_reading(tuning)}")
