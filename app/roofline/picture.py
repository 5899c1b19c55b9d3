"""The roofline, what it says, and the points that lie above their roofs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st

from accel_core import registry
from accel_core.figures import roofline_figure
from accel_core.model import Case, Ceiling, Measurement
from accel_core.readings.lenses import Traffic, lens_alt, lens_reading
from accel_core.readings.roofline import Prediction, roofline_alt, roofline_reading
from accel_core.readings.roofs import roof_rate, roof_title
from accel_core.roofline import judge
from accel_core.studies import experiments
from accel_core.studies.record import Record
from app.parts import components, theme
from app.session import drawings


@dataclass(frozen=True)
class View:
    """Which roofs and what on them the reader chose to see."""

    dtype: str
    threads: int
    predicted: tuple[Prediction, ...] = ()
    lens: str = ""
    """Of `figures.LENSES`; empty: least bytes."""
    traffic: tuple[Traffic, ...] = ()
    named: str = ""
    """The workload whose points carry names; empty: the one measured last."""
    by_count: bool = False
    """Whether points stand at the bytes that their kernels move by count."""
    disk: Ceiling | None = None
    """The disk's roof, where that is asked for."""


def picture(record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View) -> None:
    """The plot at full width, and what it says."""
    alt, text = words(record, roofs, measurements, view)
    alt += f" {roof_title(view.disk)} {roof_rate(view.disk)}." if view.disk else ""
    form = st.session_state.get("picture form", "PNG")
    theme.show(
        drawings.drawn(figure, record, roofs, measurements, view, theme.current_look()),
        alt=alt,
        key="roofline",
        filename="roofline",
        form="svg" if form == "SVG" else "png",
    )
    components.reading(text)


def words(
    record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View
) -> tuple[str, str]:
    """What the plot shows, for those who cannot see it, and what its numbers say."""
    if view.lens:
        seen: dict[str, Any] = {"workloads": registry.WORKLOADS, "lens": view.lens}
        text = lens_reading(record.machine, roofs, view.traffic, **seen, dtype=view.dtype)
        return lens_alt(view.traffic, **seen), text
    plain: dict[str, Any] = {
        "workloads": registry.WORKLOADS,
        "dtype": view.dtype,
        "threads": view.threads,
        "by_count": view.by_count,
    }
    given = (record.machine, roofs, measurements)
    return roofline_alt(*given, **plain), roofline_reading(*given, **plain, named=view.named)


def figure(
    record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View, look: Any
) -> Any:
    """The roofline with its provenance."""
    peaks = record.peaks
    return roofline_figure(
        record.machine,
        roofs,
        measurements,
        look,
        workloads=registry.WORKLOADS,
        dtype=view.dtype,
        threads=view.threads,
        clock=peaks.clock if peaks else None,
        environment=peaks.environment if peaks and peaks.created else None,
        created=peaks.created if peaks and peaks.created else None,
        predicted=view.predicted,
        named=view.named,
        sample=record.sample,
        lens=view.lens,
        traffic=view.traffic,
        by_count=view.by_count,
        disk=view.disk,
    )


def flagged(record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View) -> None:
    """Points above their roof: the likely causes, and a button that measures them and their roofs again."""
    if view.by_count:  # the picture says it; a kernel that caches serve is no reason to measure again
        return
    for m in measurements:
        mine = (m.dtype, m.threads) == (view.dtype, view.threads)
        verdict = judge(m, roofs, record.machine) if mine else None
        if verdict is None or not verdict.above:
            continue
        above = f"{m.kernel} (N={m.size}) lies above its roof, at {verdict.share:.3g} of it."
        st.warning(f"{above} {' '.join(verdict.causes)}", icon=":material/flag:")
        if not record.sample:
            case = Case(m.kernel, m.size, m.dtype, m.threads, m.parameters, tuple(m.shape))
            components.job_button(
                "Measure again",
                experiments.bench_job([case], 5.0),
                key=f"again {m.id}",
                icon=":material/refresh:",
            )
