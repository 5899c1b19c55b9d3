"""The clock, the compute roofs and the memory's bandwidth as numbers."""

from __future__ import annotations

import streamlit as st

from accel_core.model import DRAM, DTYPES, Ceiling, Clock
from accel_core.readings.estimates import rate_text
from accel_core.studies.record import Record
from accel_core.units import format_rate
from app.parts import components


def headline(shown: Record) -> None:
    """The clock, the compute roofs and the memory's bandwidth as numbers, each with what it means."""
    peaks = shown.peaks
    if peaks is None or not peaks.ceilings:
        return
    many = max(c.threads for c in peaks.ceilings)
    with st.container(horizontal=True, gap="medium"):
        _clock_metric(peaks.clock, shown.machine.clock_hz)
        for dtype in DTYPES:
            _roof_metric(
                f"FMA {dtype}, 1 core",
                _best([c for c in peaks.ceilings if c.operation == "fma" and c.dtype == dtype]),
                many,
                "FLOP/s",
                "The most arithmetic that one core was measured to do: fused multiply-adds (a × b + c, 2 FLOP) "
                f"in the widest vector registers, {dtype}.",
            )
        _roof_metric(
            "DRAM read, 1 core",
            _best([c for c in peaks.ceilings if c.level == DRAM and c.operation == "load"]),
            many,
            "B/s",
            "How fast one core reads data that no cache holds.",
        )


def _clock_metric(clock: Clock | None, system_hz: float | None) -> None:
    """The measured clock, with its interval in the help, against what the system says."""
    says = f"system says {format_rate(system_hz, 'Hz')}" if system_hz else "system does not say"
    if clock is None:
        components.metric("Clock", "not measured", says)
        return
    components.metric(
        "Clock, measured",
        format_rate(clock.clock_hz.median, "Hz"),
        says,
        help=f"{clock.definition} Median and 95 % interval: {rate_text(clock.clock_hz, 'Hz')}. "
        "What the system says is often the base clock, not the running one.",
    )


def _best(ceilings: list[Ceiling]) -> dict[int, Ceiling]:
    """The highest measured roof for each number of threads."""
    rising = sorted((c for c in ceilings if c.source == "measured"), key=lambda c: c.value)
    return {c.threads: c for c in rising}


def _roof_metric(label: str, best: dict[int, Ceiling], many: int, unit: str, meaning: str) -> None:
    """One core's roof, and that of all cores under it."""
    if 1 not in best:
        components.metric(label, "not measured", help=meaning)
        return
    one, together = best[1], best.get(many)
    also = f"{format_rate(together.value, unit)} on {many} cores" if together and many > 1 else None
    components.metric(label, format_rate(one.value, unit), also, help=f"{meaning} Measured: {one.definition}")
