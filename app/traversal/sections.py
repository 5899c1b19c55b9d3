"""What the page Traversal is made of: the traced runs, the player, and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import streamlit as st

from accel_core.cache import CacheGeometry, Simulation, Trace, Traversal, rounds
from accel_core.units import format_bytes
from app.parts import tables
from app.session import awaited
from app.traversal import window
from app.traversal.choices import SIZES, TINY
from app.traversal.player import player
from app.traversal.player.payload import Lane, payload
from app.traversal.window import Place

COMPUTED = """
- The accesses are those of the loop nest as written: what stays in a register is none.
- A, B and C lie one after another, each from a 4096-byte boundary on; the product is added to C.
- **First touch**: the line was never in this cache. **Conflict**: a cache of the same size in which a line may
  lie anywhere would have held it. **Capacity**: that one would not have held it either (Hill and Smith, 1989).
- A line that was written to goes to the next level when it is evicted, and is an access there.
- Keys in the player: space plays, arrows step, home and end jump to the ends of what is shown and then of the
  whole, and page up and down go from block to block of the first traversal (without blocks, from round to round
  of its outermost loop).
- A long traversal plays 5,000 accesses at a time. Those before them are simulated too, so the cache holds at
  the start of each part what it would hold there.
- A real processor also fetches ahead and runs several loads at once: this counts, it times nothing.
"""


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
    left, right = st.columns([4, 1], vertical_alignment="center")
    left.markdown(
        f":material/inbox: A, B and C ({format_bytes(_used(found[0]))}) fit in L1 "
        f"({format_bytes(first.caches[0].size_bytes)}): after the first touch of a line nothing is evicted."
    )
    right.button(
        f"Show N={size}, later on",
        icon=":material/play_circle:",
        width="stretch",
        on_click=_show_later,
        args=(replace(first.traversal, shape=(size,) * 3),),
    )


def _show_later(traversal: Traversal) -> None:
    """The size of `traversal`, in the middle of its second round: the caches are warm by then."""
    found = rounds(traversal)
    st.session_state["n"] = traversal.shape[0]
    window.go_to((found.start(1) + found.start(2)) // 2)


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
    _play({**data, "asked": opens.asked}, opens.start)


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


# -- on demand -----------------------------------------------------------------------------------------------


def details(found: list[Run]) -> None:
    """The counts of the whole traversals, and how they come about."""
    with st.expander("All counts as a table", icon=":material/table:"):
        tables.table(rows(found), "traversal", alt="Hits and misses by traversal, level and operand")
    with st.expander("How this is computed, and the keys", icon=":material/info:"):
        st.markdown(COMPUTED)


def rows(found: list[Run]) -> list[dict[str, Any]]:
    """One row a traversal, level and operand."""
    return [
        {
            "Traversal": run.title,
            "Level": level.level,
            "Operand": name,
            "Accesses": count.accesses,
            "Hits": count.hits,
            "First touch": count.compulsory,
            "Capacity": count.capacity,
            "Conflict": count.conflict,
            "Bytes in": count.bytes_in,
            "Bytes written back": count.bytes_out,
        }
        for run in found
        for level in run.whole.levels
        for name, count in level.operands.items()
    ]
