"""Which measurements stand on the roofline: the newest of each kernel, or all, and none before a moment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import streamlit as st

from accel_core import registry
from accel_core.model import Measurement
from accel_core.readings.roofline import MOST_POINTS, latest
from accel_core.store import Sampled
from accel_core.store.sampling import LOOKED
from accel_core.studies.record import Record
from app.parts import components
from app.roofline.picture import View
from app.session import cached, settings

SINCE = "since"


def drawn(
    record: Record, view: View, kernels: Sequence[str], points: str, start: str
) -> tuple[list[Measurement], str]:
    """The measurements from `start` on that pass, newest first; a sentence where some are left out."""
    kept = [m for m in record.measurements if m.kernel in kernels and m.created >= start]
    if points != "all":
        return latest(kept, registry.WORKLOADS), ""
    if record.sample:
        return kept, ""
    of_setting = (record.machine.fingerprint, view.dtype, view.threads, tuple(kernels), start)
    sampled = cached.sampled(*of_setting, MOST_POINTS)
    drawn_too = (*kept, *sampled.measurements)
    newest = {m.id: m for m in drawn_too if (m.dtype, m.threads) == (view.dtype, view.threads)}
    shown = sorted(newest.values(), key=lambda m: m.created, reverse=True)
    return shown, said_of_choice(len(shown), sampled)


def said_of_choice(shown: int, sampled: Sampled) -> str:
    """Which points are drawn, where that is not all of them."""
    if sampled.more:
        return (
            f"{shown} points are drawn: the newest of each case, and others evenly among the newest {LOOKED:,} "
            "of this number type and thread count. Older ones are stored."
        )
    if shown >= sampled.among:
        return ""
    return f"{shown} of {sampled.among} points are drawn: the newest of each case, and others evenly in time."


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
