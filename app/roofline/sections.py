"""What the page Roofline is made of: which points stand on it, the picture and the flags."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from accel_core import registry
from accel_core.figures import roofline_figure
from accel_core.model import Case, Ceiling, Machine, Measurement
from accel_core.readings.lenses import Traffic, lens_alt, lens_reading
from accel_core.readings.roofline import MOST_POINTS, Prediction, latest, roofline_alt, roofline_reading
from accel_core.roofline import Verdict, judge
from accel_core.studies import experiments
from accel_core.studies.record import Record
from app.parts import components, theme
from app.session import cached, drawings, settings

SINCE = "since"
HELP_POINTS = (
    "latest: the newest of each kernel, with its usual block; all: every measurement of this number type and "
    f"thread count, of more than {MOST_POINTS} an even choice."
)


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


NEWEST = "newest"
NAMED = settings.Choice(
    "named",
    "Names of",
    (NEWEST, *(workload.name for workload in registry.WORKLOADS)),
    NEWEST,
    "The workload whose points carry names; newest: the one measured last. Other points say theirs on hover.",
)
KERNELS = settings.Several("shown", "Kernels", tuple(registry.kernel_ids()), ())


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the page that are one choice, by name."""
    return {
        "dtype": settings.DTYPE,
        "threads": settings.threads(machine.cores.allowed),
        "points": settings.Choice("points", "Points", ("latest", "all"), "latest", HELP_POINTS),
    }


def named(lens: str) -> str:
    """The workload whose points are to carry names; empty for the one measured last. In a `lens` all do."""
    asked = str(settings.select(NAMED, disabled=bool(lens)))
    return "" if asked == NEWEST else asked


def chosen(record: Record, view: View, kernels: Sequence[str], points: str) -> tuple[list[Measurement], str]:
    """The measurements that the filters leave, newest first, and a sentence where they are not all of them."""
    start = "" if record.sample else since()
    kept = [m for m in record.measurements if m.kernel in kernels and m.created >= start]
    if points != "all":
        return latest(kept, registry.WORKLOADS), ""
    if record.sample:
        return kept, ""
    drawn, count = cached.sampled(
        record.machine.fingerprint, view.dtype, view.threads, tuple(kernels), start, MOST_POINTS
    )
    newest = {m.id: m for m in (*kept, *drawn) if (m.dtype, m.threads) == (view.dtype, view.threads)}
    shown = sorted(newest.values(), key=lambda m: m.created, reverse=True)
    if len(shown) >= count:
        return shown, ""
    return (
        shown,
        f"{len(shown)} of {count} points are drawn: the newest of each case, and others evenly in time.",
    )


def since() -> str:
    """Points older than this moment (ISO 8601, UTC) are hidden; empty where all are shown.

    The moment stands in the URL, and in the session, because another page's address begins without it.
    """
    given = st.query_params.get(SINCE) or st.session_state.get(SINCE, "")
    try:
        moment = _in_utc(given) if given else None
    except (ValueError, OverflowError):  # a moment before the year 1 or after 9999
        show_all()
        st.warning(
            f"The link hides points older than {settings.short(given)}, which is no moment such as "
            "2026-01-31T12:00:00+00:00; all points are shown.",
            icon=":material/link_off:",
        )
        return ""
    if moment is None:
        return ""
    hide_before(moment)
    return str(st.session_state[SINCE])


def _in_utc(given: str) -> datetime:
    """The moment of a text in ISO 8601, whose plus sign a link may have lost; no zone means UTC."""
    moment = datetime.fromisoformat(given.replace(" ", "+"))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)


def hide_before(moment: datetime) -> None:
    """Hide points older than `moment` (UTC); no record is touched."""
    st.query_params[SINCE] = st.session_state[SINCE] = moment.isoformat(timespec="seconds")


def show_all() -> None:
    """Hide nothing."""
    st.query_params.pop(SINCE, None)
    st.session_state.pop(SINCE, None)


def picture(
    record: Record,
    roofs: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    view: View,
) -> None:
    """The plot at full width, and what it says."""
    alt, text = words(record, roofs, measurements, view)
    form = st.session_state.get("picture form", "PNG")
    theme.show(
        drawings.drawn(figure, record, roofs, measurements, view, theme.current_look()),
        alt=alt,
        key="roofline",
        filename="roofline",
        form="svg" if form == "SVG" else "png",
    )
    if text:
        components.reading(text)


def words(
    record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View
) -> tuple[str, str]:
    """What the plot shows, for those who cannot see it, and what its numbers say."""
    if view.lens:
        seen: dict[str, Any] = {"workloads": registry.WORKLOADS, "lens": view.lens}
        text = lens_reading(record.machine, roofs, view.traffic, **seen, dtype=view.dtype)
        return lens_alt(view.traffic, **seen), text
    plain: dict[str, Any] = {"workloads": registry.WORKLOADS, "dtype": view.dtype, "threads": view.threads}
    given = (record.machine, roofs, measurements)
    return roofline_alt(*given, **plain), roofline_reading(*given, **plain, named=view.named)


def figure(
    record: Record,
    roofs: Sequence[Ceiling],
    measurements: Sequence[Measurement],
    view: View,
    look: Any,
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
    )


def since_controls(record: Record) -> None:
    """Hide the points so far without deleting a record, or show them again; how the toolbar saves a picture."""
    hidden = since()
    with st.container(horizontal=True, vertical_alignment="center"):
        if hidden:
            st.button("Show all points", icon=":material/visibility:", on_click=show_all)
            moment = hidden[:19].replace("T", " ")
            st.caption(f"Points older than {moment} UTC are hidden; no record is deleted.")
        else:
            st.button(
                "Hide the points so far",
                icon=":material/visibility_off:",
                on_click=hide_before,
                args=(datetime.now(UTC),),
                disabled=record.sample or not record.measurements,
                help="Start with a clean picture. No record is deleted, and one click shows them again.",
            )
        st.segmented_control(
            "The picture's camera saves",
            ["PNG", "SVG"],
            default="PNG",
            required=True,
            key="picture form",
            label_visibility="collapsed",
            help="What the camera in the picture's toolbar saves: PNG in twice the size, or SVG.",
        )
        components.words("arithmetic intensity", "roof", "ridge point", "FMA")


def flagged(
    record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], dtype: str, threads: int
) -> None:
    """Points above their roof: the likely causes, and a button that measures them and their roofs again."""
    for m in measurements:
        if (m.dtype, m.threads) != (dtype, threads) or not (verdict := judge(m, roofs, record.machine)):
            continue
        if not verdict.above:
            continue
        st.warning(_flag(m, verdict), icon=":material/flag:")
        if not record.sample:
            case = Case(m.kernel, m.size, m.dtype, m.threads, m.parameters, tuple(m.shape))
            components.job_button(
                "Measure again",
                experiments.bench_job([case], 5.0),
                key=f"again {m.id}",
                icon=":material/refresh:",
            )


def _flag(m: Measurement, verdict: Verdict) -> str:
    causes = " ".join(verdict.causes)
    return f"{m.kernel} (N={m.size}) lies above its roof, at {verdict.share:.3g} of it. {causes}"
