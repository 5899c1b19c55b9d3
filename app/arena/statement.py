"""The problem of an event: what is asked for, by which rules, at which sizes, and a small example."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import MISSES, Event
from accel_core.arena.example import example
from accel_core.arena.orders import order_table
from accel_core.readings import arena_statement as told
from app.arena.verdicts import matrix
from app.parts.components import literal, literal_but_bold


def draw(event: Event) -> None:
    """The statement, and below it the sizes and the example."""
    st.subheader(literal(event.title), anchor=False)
    st.markdown(_but_code(told.problem_text(event)))
    st.markdown("\n".join(f"- {_but_code(rule, bold=True)}" for rule in told.rules(event)))
    if event.text:
        st.markdown(literal(event.text))
    with st.expander(told.sizes_title(event), icon=":material/straighten:"):
        st.dataframe(told.size_rows(event), hide_index=True, alt="The sizes that are judged")
    with st.expander("A worked example", icon=":material/table:"):
        if event.kind == MISSES:
            st.caption("The starter's order of a product of 2 × 2 matrices, access by access.")
            st.code(order_table(event), language=None)
        for name, part in () if event.kind == MISSES else example(event).tables:
            st.caption(literal(name))
            matrix(part, f"{name} of the example")


def _but_code(text: str, *, bold: bool = False) -> str:
    """`text` with what stands in code marks as code, and nothing else that Markdown would read but `bold`."""
    plain = literal_but_bold if bold else literal
    parts = text.split("`")
    return "".join(f"`{part}`" if at % 2 else plain(part) for at, part in enumerate(parts))
