"""What the page Traversal is made of: which traversals its controls ask for, the player, and the table."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cached
import settings
import streamlit as st
import tables
import traversal_window
from player import player
from player.payload import Lane, payload
from traversal_window import Place

from accel_core.cache import CLASSROOM, CacheGeometry, Simulation, Trace, Traversal, cpu_caches
from accel_core.cache.traversal import LAYOUTS, ORDERS
from accel_core.cache.visits import VISITS
from accel_core.errors import BadInput
from accel_core.model import Machine
from accel_core.units import format_bytes

TILE = "ijk 4×4"
NOTHING, NONE, LOOPS = "nothing", "none", "loops"
SIZES = (4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256)
BLOCKS = (NONE, "2", "3", "4", "6", "8", "16", "32")
UNBLOCKED, UNPADDED, TURNED = "without blocks", "without padding", "other layout"
OWN, TINY = "this CPU", "classroom"
VISITED = {
    "row": "row by row",
    "column": "column by column",
    "morton": "along Morton's curve",
    "hilbert": "along Hilbert's curve",
}
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
        caches = [cache.to_dict() for cache in self.trace.caches]
        return cached.counted(self.trace.traversal.to_dict(), caches)


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the page, by name; its size and block have keys of their own, with other values."""
    caches = (TINY, OWN) if known_caches(machine) else (TINY,)
    return {
        "order": settings.Choice(
            "order",
            "Loop order",
            (*ORDERS, TILE),
            "ijk",
            f"From the outermost loop to the innermost; {TILE} keeps 16 elements of C in registers.",
        ),
        "beside": settings.Choice(
            "beside",
            "Beside it",
            (NOTHING, *ORDERS, TILE, UNBLOCKED, UNPADDED, TURNED),
            "ikj",
            "A second traversal in step with the first, in all else alike.",
        ),
        "n": settings.Choice("n", "Size N", SIZES, 8, "A, B and C are N by N, of float32."),
        "tiles": settings.Choice("tiles", "Blocks", BLOCKS, NONE, "Side of the blocks of i, j and k."),
        "cache": settings.Choice(
            "cache", "Cache", caches, TINY, "classroom: tiny, to see; this CPU: as detected, for numbers."
        ),
        "visit": settings.Choice(
            "visit",
            "Visit blocks by",
            (LOOPS, *VISITS),
            LOOPS,
            "The order of the blocks of C, where there are some.",
        ),
        "layout": settings.Choice(
            "layout", "Neighbours in", LAYOUTS, "row", "Which elements lie side by side."
        ),
        "pad": settings.Choice(
            "pad", "Padding", (0, 1, 2, 4, 8, 16), 0, "Elements added to each row, so that columns change sets."
        ),
    }


def choose(controls: dict[str, settings.Choice]) -> dict[str, Any]:
    """The settings as widgets, and what the reader chose."""
    values = {name: settings.select(controls[name]) for name in ("order", "beside", "n", "tiles", "cache")}
    with st.popover("More", icon=":material/tune:", width="stretch"):
        for name in ("layout", "pad", "visit"):
            values[name] = settings.select(controls[name])
    return values


def known_caches(machine: Machine) -> tuple[CacheGeometry, ...]:
    """This machine's caches; none where its ways or lines are unknown."""
    try:
        return cpu_caches(machine)
    except BadInput:
        return ()


def caches(values: dict[str, Any], machine: Machine) -> tuple[CacheGeometry, ...]:
    """The chosen ones."""
    return known_caches(machine) if values["cache"] == OWN else CLASSROOM


def plan(wanted: list[tuple[str, Traversal]], caches: tuple[CacheGeometry, ...]) -> str:
    """A name for all that was chosen: another one, and what plays begins anew."""
    return repr((wanted, caches))


def chosen(values: dict[str, Any]) -> list[tuple[str, Traversal]]:
    """One or two traversals with their titles, as the controls ask for them."""
    block = None if values["tiles"] == NONE else (int(values["tiles"]),) * 3
    visit = None if block is None or values["visit"] == LOOPS else str(values["visit"])
    size, pad = int(values["n"]), int(values["pad"])
    first = _ordered(
        Traversal((size,) * 3, block=block, visit=visit, layout=str(values["layout"]), pad=pad),
        str(values["order"]),
    )
    second = _other(first, str(values["beside"]))
    return [(title(t), t) for t in ([first] if second in (None, first) else [first, second]) if t]


def _ordered(traversal: Traversal, order: str) -> Traversal:
    return replace(traversal, order=order.split()[0], tile=order == TILE)


def _other(first: Traversal, beside: str) -> Traversal | None:
    """The second traversal; None where nothing is wanted."""
    if beside == NOTHING:
        return None
    if beside == UNBLOCKED:
        return replace(first, block=None, visit=None)
    if beside == UNPADDED:
        return replace(first, pad=0)
    if beside == TURNED:
        return replace(first, layout="column" if first.layout == "row" else "row")
    return _ordered(first, beside)


def title(traversal: Traversal) -> str:
    """A traversal's name: its order, and what is not plain about it."""
    parts = [
        TILE if traversal.tile else traversal.order,
        f"blocks of {traversal.block[0]}" if traversal.block else "",
        VISITED[traversal.visit] if traversal.visit else "",
        "by columns" if traversal.layout == "column" else "",
        f"padded by {traversal.pad}" if traversal.pad else "",
    ]
    return ", ".join(part for part in parts if part)


def runs(wanted: list[tuple[str, Traversal]], caches: tuple[CacheGeometry, ...], start: int = 0) -> list[Run]:
    """The traversals through the caches, with the steps after the first `start`; a shorter one is over."""
    plain = [cache.to_dict() for cache in caches]
    return [
        Run(name, cached.traced(t.to_dict(), plain, traversal_window.LENGTH, min(start, t.accesses)))
        for name, t in wanted
    ]


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
    _play(data, opens.start)


@st.fragment
def _play(data: dict[str, Any], start: int) -> None:
    """The component; a step at which the reader rests goes into the URL, and nothing else runs again.

    A step that is not in the window asks for another one, and then all of the page runs.
    """
    rest = player(data, key=traversal_window.KEY)
    if rest is None or rest[0] != data["id"]:
        return
    step = rest[1]
    if step:
        st.query_params[traversal_window.STEP] = str(step)
    else:
        st.query_params.pop(traversal_window.STEP, None)
    if not start <= step <= start + traversal_window.LENGTH:
        traversal_window.go_to(step)
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
