"""What the page Roofline hands out: its points as a table, the picture and its numbers as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from accel_core.figures import PAPER, figure_html
from accel_core.model import CacheLevel, Ceiling, Measurement
from accel_core.readings.lenses import Traffic
from accel_core.studies.record import Record
from accel_core.units import format_bytes, format_number
from app.parts import tables
from app.roofline.picture import View, figure

JSON = "application/json"
CACHE = "this CPU (as detected)"
"""How the simulated caches are called, here as everywhere."""
SIMULATED = (
    "Times are measured, bytes are simulated: one core, least recently used lines replaced, write-back, no "
    "prefetcher."
)


def downloads(
    record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View
) -> None:
    """The points as a table, and the picture and its numbers as files; with a lens the simulated bytes too."""

    def page() -> str:
        picture = figure(record, roofs, measurements, view, PAPER)
        return figure_html(picture, title="Accel Explorer: roofline", filename="roofline")

    with st.expander("Points as a table", icon=":material/table:"):
        if view.lens:
            rows = traffic_rows(view.traffic, record.machine.caches)
            tables.table(rows, "roofline", alt="Measured speed and simulated bytes of each memory level")
            st.caption(f"{SIMULATED} Caches: {CACHE}.")
        else:
            tables.table(tables.measurement_rows(measurements), "roofline", alt="Measurements on the picture")
    with st.container(horizontal=True):
        for label, content, name, mime in (
            ("Picture as HTML", page, "roofline.html", "text/html"),
            ("Data as JSON", lambda: as_json(record, roofs, measurements, view), "roofline.json", JSON),
        ):
            st.download_button(label, content, name, mime, icon=":material/download:", on_click="ignore")


def traffic_rows(traffic: Sequence[Traffic], caches: Sequence[CacheLevel]) -> list[dict[str, Any]]:
    """One line a kernel and memory level: what was measured, and what was simulated behind which caches."""
    sizes = ", ".join(f"{c.level} {format_bytes(c.size_bytes)}" for c in caches)
    return [
        {
            "Kernel": one.measurement.rung,
            "N": one.measurement.size,
            "Type": one.measurement.dtype,
            "Block": one.measurement.parameters.get("block"),
            "GFLOP/s, measured": float(format_number(one.measurement.flop_per_s / 1e9)),
            "Level": level,
            "Bytes, simulated": count,
            "FLOP/byte, simulated": float(format_number(one.intensity(level), 4)),
            "Least bytes": one.measurement.least_bytes,
            "Simulated caches": f"{CACHE}: {sizes}",
        }
        for one in traffic
        for level, count in one.level_bytes.items()
    ]


def as_json(record: Record, roofs: Sequence[Ceiling], measurements: Sequence[Measurement], view: View) -> str:
    """The machine, its roofs and the points; with a lens the points that stand in it, and their bytes."""
    data: dict[str, Any] = {
        "machine": record.machine.to_dict(),
        "ceilings": [c.to_dict() for c in roofs],
        "measurements": [m.to_dict() for m in measurements],
    }
    if view.disk:
        data["disk"] = view.disk.to_dict()
    if view.lens:
        data["measurements"] = [one.measurement.to_dict() for one in view.traffic]
        data["simulated"] = {
            "lens": view.lens,
            "note": SIMULATED,
            "cache": CACHE,
            "caches": data["machine"]["caches"],
            "points": [_point(one) for one in view.traffic],
        }
    return json.dumps(data, indent=1)


def _point(one: Traffic) -> Mapping[str, Any]:
    m = one.measurement
    return {
        "measurement": m.id,
        "kernel": m.kernel,
        "parameters": dict(m.parameters),
        "flop": m.flop,
        "levels": [
            {
                "level": level,
                "simulated_bytes": count,
                "simulated_intensity_flop_per_byte": one.intensity(level),
            }
            for level, count in one.level_bytes.items()
        ],
    }
