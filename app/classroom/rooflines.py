"""The rooflines of the class."""

from __future__ import annotations

from collections.abc import Sequence

from streamlit.delta_generator import DeltaGenerator

from accel_core import registry
from accel_core.figures.class_roofline import class_roofline_figure
from accel_core.readings.class_roofline import class_roofline_alt, class_roofline_reading
from accel_core.readings.members import Member, roofed
from app.classroom import controls
from app.parts import columns, components, theme
from app.session import settings


def picture(side: DeltaGenerator, members: Sequence[Member]) -> None:
    """One roofline a machine, and what they say."""
    with side:
        workload = str(settings.select(controls.WORKLOAD))
        dtype, shares = controls.drawn_as()
        threads = str(settings.segments(controls.CORES))
    found, bare = roofed(members, workload, dtype, threads)
    theme.show(
        class_roofline_figure(
            found, theme.current_look(columns.SHARE), workloads=registry.WORKLOADS, shares=shares
        ),
        alt=class_roofline_alt(found, dtype, threads, shares),
        key="class roofline",
        filename="class-roofline",
    )
    components.reading(*class_roofline_reading(found, bare))
