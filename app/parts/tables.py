"""Tables: what stands in them, as rows of plain values that a page sorts and a CSV holds."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from accel_core import registry
from accel_core.homework.cells import cell
from accel_core.model import Ceiling, Fact, Latency, Measurement
from accel_core.readings.estimates import time_text
from accel_core.units import format_arrays, format_bytes, format_number, format_rate, format_time


def table(
    rows: Sequence[Mapping[str, Any]], filename: str, *, alt: str, unfolding: bool = False, **shown: Any
) -> int | None:
    """A sortable table and its CSV; `shown` says how (`height`, `column_config`).

    Where it is `unfolding` one row can be picked: its number in `rows`, or None, is returned.
    """
    if not rows:
        st.caption("Nothing to list yet.")
        return None
    picking: dict[str, Any] = {"on_select": "rerun", "selection_mode": "single-row", "key": f"{filename} rows"}
    state: Any = st.dataframe(rows, hide_index=True, alt=alt, **(picking if unfolding else {}), **shown)
    st.download_button(
        "CSV",
        as_csv(rows),
        f"{filename}.csv",
        "text/csv",
        key=f"{filename} csv",
        icon=":material/download:",
        on_click="ignore",
    )
    picked = [at for at in state.selection.rows if at < len(rows)] if unfolding else []
    return picked[0] if picked else None


def expander(label: str, rows: Sequence[Mapping[str, Any]], filename: str, *, alt: str) -> None:
    """A table on demand."""
    with st.expander(label, icon=":material/table:"):
        table(rows, filename, alt=alt)


def as_csv(rows: Sequence[Mapping[str, Any]]) -> str:
    """Rows of equal keys as CSV with a header line; no rows give an empty text."""
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(
            {name: cell(value) if isinstance(value, str) else value for name, value in row.items()}
            for row in rows
        )
    return text.getvalue()


def measurement_rows(measurements: Sequence[Measurement]) -> list[dict[str, Any]]:
    """One line a measurement: settings, rate, time with interval, and what was checked."""
    return [
        {
            "Kernel": m.rung,
            "N": m.size,
            "Type": m.dtype,
            "Threads": m.threads,
            "Block": m.parameters.get("block"),
            "GFLOP/s": float(format_number(m.flop_per_s / 1e9)),
            "Time": time_text(m.time_s),
            "Extra memory": format_arrays(registry.extra_arrays(m)),
            "Disturbed": m.disturbed_reason if m.disturbed else "no",
            "Measured": m.created[:19].replace("T", " "),
        }
        for m in measurements
    ]


def how_measured(m: Measurement) -> list[tuple[str, str]]:
    """How one number was obtained, as pairs of a word and its value."""
    e = m.environment
    peak = "not measured" if m.peak_alloc_bytes is None else format_bytes(m.peak_alloc_bytes)
    ended = "the interval was narrow enough" if m.stopped == "interval" else "the time was over"
    error = f"largest relative error {m.max_relative_error:.1e}"
    return [
        ("Rate", format_rate(m.flop_per_s, "FLOP/s")),
        ("Time per call, median and 95 % interval", time_text(m.time_s)),
        ("Samples", f"{m.time_s.n} of {m.repetitions} calls each, until {ended}"),
        ("Result checked", error if m.verified else "not verified"),
        ("Compile time, kept apart", format_time(m.compile_s) if m.compile_s else "none"),
        ("Extra memory of one call", peak),
        ("Disturbed", m.disturbed_reason or "yes" if m.disturbed else "no"),
        ("CPU time / wall time", f"{m.cpu_s / m.wall_s:.2f}" if m.wall_s else "unknown"),
        *([("Clock, between the samples", format_rate(m.sentinel.clock_hz, "Hz"))] if m.sentinel else []),
        *([("Reads, between the samples", m.sentinel.reads)] if m.sentinel and m.sentinel.reads else []),
        *([("Waiting", m.waiting)] if m.waiting else []),
        *([("Held back", e.held_back)] if e.held_back else []),
        (
            "Versions",
            f"NumPy {e.numpy} with {e.blas.title if e.blas else 'an unknown BLAS'}; Numba {e.numba}, "
            f"Python {e.python}",
        ),
    ]


def roof_rows(ceilings: Sequence[Ceiling]) -> list[dict[str, Any]]:
    """One line a roof: what it limits, its value with interval, and how it was obtained."""
    return [
        {
            "Roof": c.name,
            "Kind": c.kind,
            "Level": c.level or "",
            "Operation": c.operation,
            "Type": c.dtype,
            "Width (bit)": c.width_bits,
            "Threads": c.threads,
            "Value": float(format_number(c.value / 1e9)),
            "Low": None if c.low is None else float(format_number(c.low / 1e9, 4)),
            "High": None if c.high is None else float(format_number(c.high / 1e9, 4)),
            "Unit": "GFLOP/s" if c.kind == "compute" else "GB/s",
            "n": c.n,
            "Tries a sample": c.tries,
            "Source": c.source,
            "Bytes counted": c.byte_convention or "",
            "Definition": c.definition,
        }
        for c in ceilings
    ]


def latency_rows(latencies: Sequence[Latency]) -> list[dict[str, Any]]:
    """One line a memory level: the load-to-use time."""
    return [
        {
            "Level": x.level,
            "Working set": format_bytes(x.working_set_bytes),
            "Latency": time_text(x.time_s),
            "Definition": x.definition,
        }
        for x in latencies
    ]


def fact_rows(facts: Sequence[Fact]) -> list[dict[str, str]]:
    """One line a fact: value, who said so, what others said, and why this one is believed."""
    return [
        {
            "Fact": fact.name,
            "Value": _value(fact.value, fact.unit),
            "Source": fact.source,
            "Others say": "; ".join(f"{_value(value, fact.unit)} ({who})" for who, value in fact.others),
            "Why this one": fact.reason,
        }
        for fact in facts
    ]


def _value(value: Any, unit: str) -> str:
    """A fact as a person reads it; None is "unknown"."""
    if value is None:
        return "unknown"
    if unit == "byte":
        return format_bytes(value)
    if unit == "Hz":
        return format_rate(value, "Hz")
    return f"{value} {unit}" if unit == "bit" else str(value)
