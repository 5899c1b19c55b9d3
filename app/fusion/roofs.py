"""The rungs of a chain as points under the roofs."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.fusion_roofline import fusion_roofline_figure
from accel_core.model import Workload
from accel_core.readings.fusion_roofline import fusion_roofline_alt, fusion_roofline_reading, fusion_scene
from accel_core.readings.moved import declared
from accel_core.studies.experiments import Shown
from accel_core.studies.record import Record
from app.parts import answers, components, theme
from app.session import drawings


def roofline(record: Record, workload: Workload, shown: Shown) -> None:
    """The same rungs under the roofs; without roofs, where to measure them."""
    st.subheader("The same rungs under the roofs", anchor=False)
    ceilings = record.peaks.ceilings if record.peaks else ()
    threads = max((m.threads for m in shown.measurements), default=1)
    first = next(iter(shown.measurements), None)
    if first is not None and not fusion_scene(record.machine, ceilings, first.dtype, threads, first):
        st.markdown("Measure the roofs first: then each rung is a point under what this machine can do.")
        st.page_link("machine/machine.py", label="Measure the roofs", icon=":material/memory:")
        return
    theme.show(
        drawings.drawn(
            fusion_roofline_figure,
            record.machine,
            ceilings,
            workload,
            shown.measurements,
            theme.current_look(),
            threads=threads,
            stale=answers.whose(record, shown),
        ),
        alt=fusion_roofline_alt(record.machine, ceilings, workload, shown.measurements, threads=threads),
        key="fusion roofline",
        filename="fusion-roofline",
    )
    components.reading(*fusion_roofline_reading(workload, shown.measurements))
    if first is not None and first.intensity_flop_per_byte:
        st.caption(f"{_where(workload, shown)} Red and dashed: a change that made it slower.")
        _elsewhere(workload, shown)


def _where(workload: Workload, shown: Shown) -> str:
    """At which intensity the points stand."""
    if declared(workload, shown.measurements):
        return (
            "Every rung does the same FLOP and stands at the bytes that it moves by count. Point at one, or "
            "unfold the counts above, for their derivation."
        )
    return (
        "The problem and its least bytes are the same for all rungs, so every point stands at the same "
        "intensity and a better rung only rises."
    )


def _elsewhere(workload: Workload, shown: Shown) -> None:
    """Where the points stand at counted bytes, among those of other workloads."""
    asked = {"lens": "counted", "named": workload.name, "dtype": shown.setup.dtype}
    label = "See them at these bytes on the Roofline"
    st.page_link("roofline/roofline.py", label=label, icon=":material/query_stats:", query_params=asked)
