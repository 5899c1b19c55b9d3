"""Measuring the roofs from a page: the job, and what it is good for afterwards."""

from __future__ import annotations

from typing import Any

import streamlit as st

from accel_core.model import DTYPES, Machine
from accel_core.studies.record import Record, changes
from app.session import cached, settings

BUDGET = settings.Choice(
    "seconds",
    "Time in all (s)",
    (10, 20, 60),
    20,
    "Measuring time for all roofs together. A second run refines the first.",
)


def job(machine: Machine, budget_s: float) -> dict[str, Any]:
    """Every roof: both number types, one thread and all threads."""
    threads = sorted({1, machine.cores.allowed})
    return {"kind": "peaks", "dtypes": list(DTYPES), "threads": threads, "budget_s": budget_s}


def environment_notice(record: Record) -> None:
    """Say which versions have changed since the roofs were measured."""
    if record.peaks is None or cached.has_pool():  # the versions of another host are not known here
        return
    changed = changes(record.peaks.environment, cached.environment())
    if changed:
        st.info(
            f"These roofs were measured with other versions: {'; '.join(changed)}. Measure again to compare.",
            icon=":material/update:",
        )
