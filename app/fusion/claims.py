"""What is often said of fusion beside what was measured, and the bytes that each rung moves."""

from __future__ import annotations

import streamlit as st

from accel_core.model import Workload
from accel_core.readings.fusion_claims import fusion_claims
from accel_core.readings.fusion_counts import count_rows
from accel_core.readings.moved import declared, one_array_bytes
from accel_core.studies.experiments import Shown
from accel_core.studies.record import Record
from accel_core.units import format_bytes
from app.fusion.rungs import elsewhere
from app.parts import tables


def claims(record: Record, workload: Workload, shown: Shown) -> None:
    """What is often said, beside what was measured here."""
    found = fusion_claims(workload, shown.measurements, elsewhere(record, workload))
    if not found:
        return
    st.subheader("Often said, and measured", anchor=False)
    places = [place for _ in found[::2] for place in st.columns(2)]
    for claim, place in zip(found, places, strict=False):
        verdict = (
            ":green[:material/check_circle:] Here too:" if claim.holds else ":red[:material/cancel:] Not here:"
        )
        measured = claim.measured.replace("*", r"\*")
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"*“{claim.said}”*\n\n{verdict} {measured}")


def _how(workload: Workload, shown: Shown) -> str:
    """What the bytes of a rung are, and what they leave out."""
    left_out = "what a cache may save or a store may read first"
    if declared(workload, shown.measurements):
        return f"Each pass over memory counts each array that it reads and writes; left out is {left_out}."
    return (
        "Whole arrays that each operator reads and writes; what is small beside an array is left out, and so "
        f"is {left_out}. Bytes moved = arrays read and written times one array "
        f"({format_bytes(one_array_bytes(workload, shown.measurements[0]))})."
    )


def counts(record: Record, workload: Workload, shown: Shown) -> None:
    """The bytes that each rung moves, with their derivation, on demand."""
    rows = count_rows(workload, shown.measurements, elsewhere(record, workload))
    if not rows:
        return
    with st.expander("Counted: what each rung reads and writes", icon=":material/functions:"):
        st.caption(_how(workload, shown))
        tables.table(
            rows, f"fusion-counts-{workload.name}", alt=f"Bytes that each rung of {workload.title} moves"
        )
