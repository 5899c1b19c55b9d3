"""The counts of the whole traversals, and how they come about."""

from __future__ import annotations

from typing import Any

import streamlit as st

from app.parts import tables
from app.traversal.runs import Run

COMPUTED = """
- The accesses are those of the loop nest as written: what stays in a register is none.
- A, B and C lie one after another, each from a 4096-byte boundary on; the product is added to C.
- **First touch**: the line was never in this cache. **Conflict**: a cache of the same size in which a line may
  lie anywhere would have held it. **Capacity**: that one would not have held it either (Hill and Smith, 1989).
- A line that was written to goes to the next level when it is evicted, and is an access there.
- Keys in the player: space plays, arrows step, home and end jump to the ends of what is shown and then of the
  whole, and page up and down go from block to block of the first traversal (without blocks, from iteration
  to iteration of its outermost loop).
- A long traversal plays 5,000 accesses at a time. Those before them are simulated too, so the cache holds at
  the start of each part what it would hold there.
- A real processor also fetches ahead and runs several loads at once: this counts, it times nothing.
"""


def details(found: list[Run]) -> None:
    """The counts of the whole traversals, and how they come about."""
    alt = "Hits and misses by traversal, level and operand"
    tables.expander("All counts as a table", rows(found), "traversal", alt=alt)
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
