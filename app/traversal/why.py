"""Why ijk falls with the size, and what blocks change: four cases to play, and the same on this CPU."""

from __future__ import annotations

import streamlit as st

from accel_core.cache import CLASSROOM, CacheGeometry, Traversal
from accel_core.studies import orders
from accel_core.studies.orders import CASES, Case
from app.parts import components, progress, simulated
from app.session import awaited
from app.traversal import window

QUESTION = "Why does ijk fall from N=256 to N=2048, and what do blocks change?"
PLAIN = {
    "beside": "nothing",
    "tiles": "none",
    "cache": "classroom",
    "visit": "loops",
    "layout": "row",
    "pad": 0,
}
"""The controls that all four have alike."""


def section(caches: tuple[CacheGeometry, ...]) -> None:
    """The four cases; `caches` are this CPU's, none where they are unknown."""
    st.subheader(QUESTION, anchor=False)
    st.caption(
        "In ijk the innermost loop goes down a column of B. Follow the four links and watch B; the shares say "
        "which cache has the element of B at a step of that loop."
    )
    wanted = {case: orders.first_iterations(case) for case in CASES}
    done = simulated.known([one for pair in wanted.values() for one in pair], caches) if caches else {}
    ready = {
        case: orders.answers(done[two], done[one])
        for case, (one, two) in wanted.items()
        if one in done and two in done
    }
    for column, case in zip(st.columns(len(CASES), border=True), CASES, strict=True):
        with column:
            _card(case, ready.get(case))
    if len(ready) == len(CASES):
        st.markdown(orders.conclusion([ready[case] for case in CASES], caches))
        _measure()
    elif caches:
        _button([one for pair in wanted.values() for one in pair if one not in done], caches)
    progress.draw()


def play(case: Case) -> None:
    """Set the controls to the case in the classroom, in the middle of its run (a button's callback)."""
    blocks = str(orders.TINY_BLOCK) if case.blocked else PLAIN["tiles"]
    st.session_state.update({**PLAIN, "order": case.order, "n": case.tiny, "tiles": blocks})
    window.go_to(orders.tiny(case).accesses // 2)


def _card(case: Case, real: dict[str, float] | None) -> None:
    st.button(
        f"**{case.label}**",
        key=f"why {case.label}",
        icon=":material/play_circle:",
        width="stretch",
        help="Play it above.",
        on_click=play,
        args=(case,),
    )
    st.caption(case.why)
    whole = awaited.counted(orders.tiny(case), CLASSROOM)
    lines = [f"Classroom, N={case.tiny}: {orders.shares(orders.answers(whole))}"]
    if real is not None:
        lines.append(f"**This CPU, N={case.real}: {orders.shares(real)}**")
    st.markdown("  \n".join(lines))


def _button(missing: list[Traversal], caches: tuple[CacheGeometry, ...]) -> None:
    components.job_button(
        "Simulate the four on this CPU's caches",
        simulated.job(missing, caches),
        key="simulate",
        icon=":material/grid_view:",
        help="The second iteration of the outermost loop at full size, after a first that warms the caches; "
        "with blocks, the second row of blocks. One core, least recently used lines replaced, no fetching "
        "ahead.",
    )


def _measure() -> None:
    st.page_link(
        "lab/lab.py",
        label="Measure the fall on this computer, in the Lab",
        icon=":material/science:",
        query_params=[
            ("over", "size"),
            *(("kernels", name) for name in ("compiled_ijk", "compiled_tiled", "compiled_ikj")),
            ("block", str(orders.REAL_BLOCK)),
        ],
    )
