"""The rungs of a chain as points under the roofs."""

from __future__ import annotations

import streamlit as st

from accel_core.figures.fusion_roofline import fusion_roofline_figure
from accel_core.model import Workload
from accel_core.readings.fusion_roofline import fusion_roofline_alt, fusion_scene
from accel_core.studies.experiments import Shown
from accel_core.studies.record import Record
from app.parts import answers, theme
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
    if first is not None and first.intensity_flop_per_byte:
        st.caption(
            "The problem and its least bytes are the same for all rungs, so every point stands at the same "
            "intensity and a better rung only rises. Red and dashed: a change that made it slower."
        )
