"""What the page Traversal lets a reader choose, and which traversals and caches that means."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import streamlit as st

from accel_core.cache import CLASSROOM, CacheGeometry, Traversal, cpu_caches
from accel_core.cache.stream.traversal import LAYOUTS, ORDERS
from accel_core.cache.stream.visits import VISITS
from accel_core.model import Machine
from app.session import settings

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
    """The settings as widgets, and what the reader chose; what is changed less often opens on demand."""
    values = {name: settings.select(controls[name]) for name in ("order", "beside", "n", "tiles")}
    cache = st.session_state.get("cache", st.query_params.get("cache", TINY))
    with st.popover(f"Cache: {cache if cache in controls['cache'].options else TINY}", width="stretch"):
        for name in ("cache", "layout", "pad", "visit"):
            values[name] = settings.select(controls[name])
    return values


def known_caches(machine: Machine) -> tuple[CacheGeometry, ...]:
    """This machine's caches; none where none is known."""
    return cpu_caches(machine) if machine.caches else ()


def caches(values: dict[str, Any], machine: Machine) -> tuple[CacheGeometry, ...]:
    """The chosen ones."""
    return known_caches(machine) if values["cache"] == OWN else CLASSROOM


def plan(wanted: list[tuple[str, Traversal]], caches: tuple[CacheGeometry, ...]) -> str:
    """A name for all that was chosen: another one, and what plays begins anew."""
    return repr((wanted, caches))


def traversals(values: dict[str, Any]) -> list[tuple[str, Traversal]]:
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
