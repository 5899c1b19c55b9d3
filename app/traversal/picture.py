"""The player, opened at its place, and what its picture is of."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accel_core.units import format_bytes
from app.parts import theme
from app.traversal import window
from app.traversal.choices import TINY
from app.traversal.player import player
from app.traversal.player.payload import Lane, payload
from app.traversal.runs import Run
from app.traversal.window import Place


def footer(cache: str, found: list[Run]) -> str:
    """What the picture is of, for whoever meets it alone."""
    size = found[0].trace.traversal.shape[0]
    sizes = " and ".join(format_bytes(c.size_bytes) for c in found[0].trace.caches)
    name = "Classroom cache (tiny, to see)" if cache == TINY else "This CPU's caches as detected"
    text = f"{name}: {sizes}. N = {size}, float32. Simulated, not measured: LRU, write-back, no prefetching."
    return f"{text} {shortened(found)}".strip()


def shortened(found: list[Run]) -> str:
    """Which part of a long trace plays; empty where all of it does."""
    parts = [
        f"{r.trace.start + 1:,} to {r.trace.start + len(r.trace):,} of {r.trace.total:,} ({r.title})"
        for r in found
        if len(r.trace) and r.trace.total > len(r.trace)
    ]
    return f"Shown are accesses {' and '.join(parts)}." if parts else ""


def picture(found: list[Run], cache: str, opens: Place) -> None:
    """The player, opened at its place."""
    data = payload([Lane(run.title, run.trace) for run in found], opens.step, footer(cache, found))
    _play({**data, "asked": opens.asked, "larger": theme.larger()}, opens.start)


@st.fragment
def _play(data: dict[str, Any], start: int) -> None:
    """The component; a step at which the reader rests goes into the URL, and nothing else runs again.

    A step that is not in the window asks for another one, and then all of the page runs. What was said once is
    not followed again: by then the page may show something else.
    """
    rest = player(data, key=window.KEY)
    if rest is None or rest == st.session_state.get(window.HEARD):
        return
    st.session_state[window.HEARD] = rest
    if rest[0] != data["id"]:
        return
    step = min(max(rest[1], 0), max(lane["total"] for lane in data["lanes"]))
    if step:
        st.query_params[window.STEP] = str(step)
    else:
        st.query_params.pop(window.STEP, None)
    if not start <= step <= start + window.LENGTH:
        window.go_to(step)
        st.rerun()
