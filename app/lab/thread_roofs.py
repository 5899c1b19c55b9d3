"""Under a sweep over threads: which roofs are missing, and the button that measures them."""

from __future__ import annotations

import streamlit as st

from accel_core.model.limits import PEAKS_S
from accel_core.readings.scaling import Scaling, unknown_text
from accel_core.studies.record import Record
from app.parts import components
from app.session import jobs

COUNTS_IN_TIME = 2
"""Numbers of threads whose roofs, of one number type, are measured well in `PEAKS_S`."""


def offer(record: Record, scaling: Scaling, dtype: str) -> None:
    """Say which numbers of threads have no roofs, and offer to measure these."""
    missing = unknown_text(scaling, dtype)
    if not missing or jobs.active():
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(f":material/rule: {missing}")
        if not record.sample:
            budget_s = PEAKS_S * max(1, len(scaling.unknown) / COUNTS_IN_TIME)
            job = {"kind": "peaks", "dtypes": [dtype], "threads": list(scaling.unknown), "budget_s": budget_s}
            components.job_button("Measure these roofs", job, key="roofs")
