"""All hosts against those like them, their roofs, and the numbers as a table and a file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import streamlit as st

from accel_core.figures.fleet_ratios import fleet_ratios_figure
from accel_core.figures.fleet_roofline import fleet_roofline_figure
from accel_core.readings.fleet import RULE, Group, fleet_alt, fleet_reading, fleet_rows, groups, ratios_alt
from app.parts import components, tables, theme
from app.session import drawings

if TYPE_CHECKING:
    from accel_core.pool.fleet import Fleet


def ratios(measured: Fleet) -> None:
    """Who is unlike the others, at what, and by which rule."""
    found = groups(measured.roofs())
    theme.show(
        drawings.drawn(fleet_ratios_figure, found, theme.current_look()),
        alt=ratios_alt(found),
        key="fleet ratios",
        filename="fleet-ratios",
    )
    components.reading(*map(components.literal_but_bold, fleet_reading(found)))
    st.caption(f"{RULE} Measured {components.day(measured.created)}, {measured.created[11:16]} UTC.")
    tables.expander("Every host against those like it", fleet_rows(found), "fleet", alt="Ratios to the median")


def rooflines(measured: Fleet, dtype: str, threads: str) -> None:
    """The roofs of all hosts, and what was measured as a file."""
    st.subheader("The roofs of all hosts", anchor=False)
    roofs = measured.roofs()
    _roofline(groups(roofs), dtype, threads)
    data = {"created": measured.created, "hosts": [one.to_dict() for one in roofs]}
    st.download_button(
        "Data as JSON",
        json.dumps(data, indent=1),
        "fleet.json",
        "application/json",
        key="fleet json",
        icon=":material/download:",
        on_click="ignore",
    )


def nothing_yet(dtype: str, threads: str) -> None:
    """What will stand here."""
    _roofline([], dtype, threads)


def _roofline(found: list[Group], dtype: str, threads: str) -> None:
    theme.show(
        drawings.drawn(fleet_roofline_figure, found, theme.current_look(), dtype=dtype, threads=threads),
        alt=fleet_alt(found),
        key="fleet roofline",
        filename="fleet-roofline",
    )
