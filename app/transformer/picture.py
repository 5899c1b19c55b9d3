"""The block's operations under the roofs, what they say, and the table of all numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from accel_core.figures.block_roofline import block_roofline_figure
from accel_core.readings.block_roofline import block_alt, block_reading, memory_text, total_text
from accel_core.readings.block_rows import Part, Row, whole_s
from accel_core.readings.transformer import is_within
from accel_core.transformer import BlockShape, Operation, memory_of
from accel_core.units import format_number
from app.parts import components, tables, theme
from app.parts.components import literal, literal_but_bold
from app.session import drawings
from app.transformer.roofs import Roofs

COLUMNS = {
    "FLOP": st.column_config.NumberColumn(format="localized"),
    "Bytes": st.column_config.NumberColumn(format="localized"),
    "Ratio": st.column_config.NumberColumn(help="Measured / predicted"),
}


def roofline(parts: Sequence[Part], roofs: Roofs, more: Sequence[str]) -> None:
    """The plot at full width, and what it says, with `more` sentences."""
    theme.show(
        drawings.drawn(block_roofline_figure, parts, roofs.pair, theme.current_look(), stale=roofs.label),
        alt=block_alt(parts, roofs.pair),
        key="block roofline",
        filename="transformer-roofline",
    )
    if parts:
        components.reading(*map(literal_but_bold, [block_reading(parts), *more]))


def table(rows: Sequence[Row], listed: Sequence[Operation]) -> None:
    """A line an operation, sortable, with a CSV."""
    timed = any(row.measured_s is not None for row in rows)
    told = [_line(row, whole_s(rows), timed) for row in rows] or [_counts(one) for one in listed]
    alt = "Operations of the block: FLOP, bytes, bound, times and shares"
    picked = tables.table(told, "transformer", alt=alt, height="content", column_config=COLUMNS, unfolding=True)
    st.caption(f"{total_text(listed, rows)} A row that is picked at its left says how it is counted.")
    if picked is not None:
        st.markdown(_counting(listed[picked]))


def _counts(one: Operation) -> dict[str, Any]:
    return {
        "Operation": one.name,
        "FLOP": one.counted.flop,
        "Bytes": one.counted.bytes,
        "FLOP/byte": _short(one.counted.flop / one.counted.bytes, 4),
    }


def _counting(one: Operation) -> str:
    """Its derivation and source, as Markdown of a paragraph or an entry of a list."""
    counted = one.counted
    return f"**{literal(one.name)}** {literal(counted.derivation)}  \n  *Source: {literal(counted.source)}*"


def _line(row: Row, total_s: float, timed: bool) -> dict[str, Any]:
    ratio = row.time_s / row.predicted.predicted_s
    measured = {
        "Measured (ms)": _short(row.time_s * 1e3),
        "Ratio": _short(ratio),
        "Within 20 %": "yes" if is_within(ratio) else "no",
    }
    return {
        **_counts(row.operation),
        "Bound by": row.predicted.bound_by,
        "Predicted (ms)": _short(row.predicted.predicted_s * 1e3),
        **(measured if timed else {}),
        "Share (%)": _short(100 * row.time_s / total_s),
    }


def _short(value: float, digits: int = 3) -> float:
    return float(format_number(value, digits))


def counted(shape: BlockShape, listed: Sequence[Operation]) -> None:
    """How each row is counted, with its source, and what the block holds in memory by the same counts."""
    with st.expander("How each row is counted, with its source", icon=":material/functions:"):
        st.markdown("\n".join(f"- {_counting(one)}" for one in listed))
    holds = memory_of(shape)
    st.markdown(memory_text(holds.weights_bytes, holds.activations_bytes, holds.keys_values_bytes))
