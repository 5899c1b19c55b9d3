"""What the page This machine is made of."""

from __future__ import annotations

from typing import Any

import cached
import records
import settings
import streamlit as st
import tables
import theme
from records import Record

from accel_core.figures import curve_alt, curve_figure
from accel_core.model import DTYPES, Machine

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
    if record.peaks is None:
        return
    changed = records.changes(record.peaks.environment, cached.environment())
    if changed:
        st.info(
            f"These roofs were measured with other versions: {'; '.join(changed)}. Measure again to compare.",
            icon=":material/update:",
        )


def curve(shown: Record) -> None:
    """Bandwidth and latency against the working set."""
    st.subheader("Where does each cache end?", anchor=False)
    theme.show(
        curve_figure(shown.machine, shown.peaks, theme.current_look(), sample=shown.sample),
        alt=curve_alt(shown.machine, shown.peaks, sample=shown.sample),
        key="curve",
        filename="memory-curve",
    )


def details(own: Record, shown: Record) -> None:
    """Tables on demand: every roof and latency, and every fact about this machine with its source."""
    whose = " of the sample machine" if shown.sample else ""
    if shown.peaks is not None and shown.peaks.ceilings:
        peaks = shown.peaks
        with st.expander(f"All roofs{whose}, measured and computed", icon=":material/table:"):
            rows = tables.roof_rows(records.ceilings(shown))
            tables.table(rows, "roofs", alt=f"Roofs{whose} with intervals and definitions")
            st.markdown("**Latency of one load** (pointer chase)")
            rows = tables.latency_rows(peaks.latencies)
            tables.table(rows, "latencies", alt=f"Load-to-use latencies{whose}")
    with st.expander("Facts about this machine, and who says so", icon=":material/fact_check:"):
        rows = tables.fact_rows(own.machine.facts)
        tables.table(rows, "facts", alt="Facts about this machine with their sources")
        st.caption(_versions())


def _versions() -> str:
    e = cached.environment()
    blas = f"{e.blas.name} {e.blas.version or ''}, {e.blas.threads or '?'} threads" if e.blas else "unknown"
    compiler = f"Numba {e.numba}, LLVM {e.llvm or 'unknown'}"
    return f"Python {e.python}, NumPy {e.numpy}, {compiler}, BLAS {blas}, {e.system}"
