"""The roofs of all hosts, who is an outlier by which rule, and the numbers as a table and a file."""

from __future__ import annotations

import json

import streamlit as st

from accel_core.figures.fleet_roofline import fleet_roofline_figure
from accel_core.readings.fleet import RULE, fleet_alt, fleet_reading, fleet_rows, groups
from app.parts import components, tables, theme
from app.session import cached, drawings


def picture(dtype: str, threads: str) -> None:
    """The picture of what was measured last; the teaching one before."""
    last = cached.last_fleet()
    found = groups(last.roofs()) if last is not None else []
    theme.show(
        drawings.drawn(fleet_roofline_figure, found, theme.current_look(), dtype=dtype, threads=threads),
        alt=fleet_alt(found),
        key="fleet roofline",
        filename="fleet-roofline",
    )
    if last is None:
        return
    components.reading(*map(components.literal_but_bold, fleet_reading(found)))
    st.caption(f"{RULE} Measured {components.day(last.created)}, {last.created[11:16]} UTC.")
    tables.expander("Every host against those like it", fleet_rows(found), "fleet", alt="Ratios to the median")
    data = {"created": last.created, "hosts": [one.to_dict() for one in last.roofs()]}
    st.download_button(
        "Data as JSON",
        json.dumps(data, indent=1),
        "fleet.json",
        "application/json",
        key="fleet json",
        icon=":material/download:",
        on_click="ignore",
    )
