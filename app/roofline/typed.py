"""A typed-in machine: roofs from a data sheet, to see where a point would lie on it."""

from __future__ import annotations

import streamlit as st

from accel_core.model import DRAM, LEVELS, Cores, Machine, Peaks, Simd
from accel_core.roofline import typed_machine
from accel_core.studies.record import Record
from app.parts.typed import PEAK, TYPED, bandwidth
from app.roofline.controls import given
from app.session import cached, settings

FIELDS = (*LEVELS[:3], DRAM)
"""Few machines have a fourth level: it has no field."""
BANDWIDTH = tuple(map(bandwidth, FIELDS))
SETTINGS: tuple[settings.Setting, ...] = (TYPED, PEAK, *BANDWIDTH)


def form() -> None:
    """The fields, shown where the switch is on."""
    with st.container(border=True):
        st.markdown("**Another machine**")
        if not settings.switch(TYPED):
            st.caption("Type the peak and the bandwidths of any computer to see its roofline.")
            return
        settings.number(PEAK)
        for pair in (BANDWIDTH[:2], BANDWIDTH[2:]):
            with st.container(horizontal=True):
                for setting in pair:
                    settings.number(setting)


def typed(dtype: str, threads: int) -> Record | None:
    """The typed-in machine as a record; None where the switch is off or no bandwidth was given."""
    if given(TYPED) not in (True, "true"):
        return None
    values = {level: float(str(given(field))) for level, field in zip(FIELDS, BANDWIDTH, strict=True)}
    bandwidths = {level: value * 1e9 for level, value in values.items() if value > 0}
    if not bandwidths:
        st.warning("The typed-in machine has no bandwidth: give at least one above 0.")
        return None
    roofs = typed_machine(float(str(given(PEAK))) * 1e9, bandwidths, dtype, threads)
    return Record(_machine(threads), Peaks("typed in", cached.environment(), "", roofs), ())


def _machine(threads: int) -> Machine:
    return Machine(
        cpu="Typed-in machine",
        vendor=None,
        architecture="unknown",
        system="unknown",
        cores=Cores(None, None, threads),
        caches=(),
        simd=Simd((), 0),
        memory_bytes=None,
        clock_hz=None,
        facts=(),
        fingerprint="typed in",
    )
