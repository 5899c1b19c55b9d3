"""What stands behind the picture of the machine: bandwidth and latency by working set, roofs, facts."""

from __future__ import annotations

import streamlit as st

from accel_core.figures import curve_figure
from accel_core.readings.machine import curve_alt
from accel_core.roofline import doubts
from accel_core.studies.record import Record, roofs_of
from app.parts import tables, theme
from app.session import cached, drawings


def curve(shown: Record) -> None:
    """Bandwidth and latency against the working set."""
    st.subheader("Where does each cache end?", anchor=False)
    theme.show(
        drawings.drawn(curve_figure, shown.machine, shown.peaks, theme.current_look(), sample=shown.sample),
        alt=curve_alt(shown.machine, shown.peaks, sample=shown.sample),
        key="curve",
        filename="memory-curve",
    )
    if not shown.sample and shown.peaks is not None:
        for sentence in doubts(cached.machine(), shown.peaks.curve):
            st.caption(f":orange[:material/warning:] {sentence}")


def details(own: Record, shown: Record) -> None:
    """Tables on demand: every roof and latency, and every fact about this machine with its source."""
    whose = " of the sample machine" if shown.sample else ""
    if shown.peaks is not None and shown.peaks.ceilings:
        peaks = shown.peaks
        with st.expander(f"All roofs{whose}, measured and computed", icon=":material/table:"):
            rows = tables.roof_rows(roofs_of(shown))
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
    blas = f"{e.blas.title}, {e.blas.threads or '?'} threads" if e.blas else "unknown"
    compiler = f"Numba {e.numba}, LLVM {e.llvm or 'unknown'}"
    other = cached.machine().pretended or cached.has_pool()
    whose = "Of the computer that runs this app: " if other else ""
    return f"{whose}Python {e.python}, NumPy {e.numpy}, {compiler}, BLAS {blas}, {e.system}"
