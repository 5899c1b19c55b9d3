"""The traversals as they run through the chosen caches, and a hint where nothing is ever evicted."""

from __future__ import annotations

from dataclasses import dataclass, replace

import streamlit as st

from accel_core.cache import CacheGeometry, Simulation, Trace, Traversal, iterations
from accel_core.units import format_bytes
from app.session import awaited
from app.traversal import window
from app.traversal.choices import SIZES


@dataclass(frozen=True)
class Run:
    """One traversal through the chosen caches: its name and the steps that play."""

    title: str
    trace: Trace

    @property
    def whole(self) -> Simulation:
        """The counts of the whole traversal, worked out when first asked for: the player comes first."""
        return awaited.counted(self.trace.traversal, self.trace.caches)


def runs(wanted: list[tuple[str, Traversal]], caches: tuple[CacheGeometry, ...], start: int = 0) -> list[Run]:
    """The traversals through the caches, with the steps after the first `start`; a shorter one is over."""
    return [Run(name, awaited.traced(t, caches, window.LENGTH, min(start, t.accesses))) for name, t in wanted]


def quiet(found: list[Run], sizes: tuple[int, ...] = SIZES) -> int | None:
    """Where nothing is ever evicted from the first level, a size at which something is; else None.

    The smallest power of two at which the three matrices are larger than that level.
    """
    room = found[0].trace.caches[0].size_bytes
    if any(_used(run) > room for run in found):  # where much is to be counted, the player comes first
        return None
    if any(run.whole.levels[0].total.misses > run.whole.levels[0].total.compulsory for run in found):
        return None
    itemsize = found[0].trace.traversal.itemsize
    return next((n for n in sizes if n & (n - 1) == 0 and 3 * n * n * itemsize > room), None)


def _used(run: Run) -> int:
    """Bytes of the three arrays."""
    return sum(operand.size_bytes for operand in run.trace.traversal.operands)


def note_quiet(found: list[Run]) -> None:
    """Say why nothing is evicted, where that is so, and offer a size and a place where it is otherwise."""
    size = quiet(found)
    if size is None:
        return
    first = found[0].trace
    with st.container(horizontal=True, vertical_alignment="center"):
        st.markdown(
            f":material/inbox: A, B and C ({format_bytes(_used(found[0]))}) fit in L1 "
            f"({format_bytes(first.caches[0].size_bytes)}): after the first touch of a line nothing is evicted."
        )
        st.button(
            f"Show N={size}, later on",
            icon=":material/play_circle:",
            on_click=_show_later,
            args=(replace(first.traversal, shape=(size,) * 3),),
        )


def _show_later(traversal: Traversal) -> None:
    """The size of `traversal`, in the middle of its second iteration: the caches are warm by then."""
    found = iterations(traversal)
    st.session_state["n"] = traversal.shape[0]
    window.go_to((found.start(1) + found.start(2)) // 2)
