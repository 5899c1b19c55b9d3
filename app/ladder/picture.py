"""The ladder as bars; a click on one opens its rung."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import streamlit as st

from accel_core.figures import ladder_figure
from accel_core.model import Ceiling, Workload
from accel_core.readings.ladder import ladder_alt, ladder_reading
from accel_core.roofline import judge
from accel_core.studies.experiments import Shown
from accel_core.studies.record import Record, fma_roof
from app.ladder import rung
from app.parts import answers, components, theme
from app.session import drawings, settings

CHART = "ladder chart"


def roof(record: Record, shown: Shown) -> Ceiling | None:
    """What the roofs allow the fastest rung: the FMA roof, or what its memory roof allows at its intensity.

    None where these were not measured for its type and thread count.
    """
    if record.peaks is None:
        return None
    setup, fastest = shown.setup, max(shown.measurements, key=lambda m: m.flop_per_s, default=None)
    verdict = judge(fastest, record.peaks.ceilings, record.machine) if fastest else None
    if verdict is not None and verdict.bound_by == "memory":
        memory = verdict.limiting
        called, allowed = f"{memory.level} {memory.operation}", verdict.attainable_flop_per_s
        return replace(memory, kind="compute", level=None, value=allowed, unit="FLOP/s", operation=called)
    return fma_roof(record, setup.dtype, setup.threads)


def picture(record: Record, workload: Workload, shown: Shown) -> None:
    """The ladder; a click on a bar opens its rung."""
    ceiling = roof(record, shown)
    figure = drawings.drawn(
        ladder_figure,
        workload,
        shown.measurements,
        shown.refusals,
        theme.current_look(),
        ceiling=ceiling,
        stale=answers.whose(record, shown),
    )
    theme.show(
        figure,
        key=CHART,
        alt=ladder_alt(workload, shown.measurements, shown.refusals),
        filename="ladder",
        on_select=partial(_open_clicked, rung.choice(workload)),
    )
    components.reading(ladder_reading(workload, shown.measurements, shown.refusals, ceiling=ceiling))
    answers.remarks(shown)


def _open_clicked(choice: settings.Choice) -> None:
    """Open the rung whose bar was clicked."""
    points = st.session_state[CHART].selection.points
    for point in points:
        name = point.get("customdata")
        name = name[0] if isinstance(name, list | tuple) else name
        if name in choice.options:
            st.session_state[choice.key] = name
