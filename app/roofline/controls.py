"""The controls of the page Roofline."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import streamlit as st

from accel_core import registry
from accel_core.model import Ceiling, Machine, Measurement
from accel_core.readings.roofline import MOST_POINTS
from accel_core.store.sampling import LOOKED
from accel_core.studies.record import Record
from app.parts import theme
from app.parts.typed import TYPED
from app.session import records, settings

HELP_POINTS = (
    "latest: the newest of each kernel, with its usual block; all: every measurement of this number type and "
    f"thread count, of more than {MOST_POINTS} an even choice of the newest {LOOKED:,}."
)
NAMES_PX = 130
NEWEST = "newest"
NAMED = settings.Choice(
    "named",
    "Names of",
    (NEWEST, *(workload.name for workload in registry.WORKLOADS)),
    NEWEST,
    "The workload whose points carry names; newest: the one measured last. Other points say theirs on hover.",
)
KERNELS = settings.Several("shown", "Kernels", tuple(registry.kernel_ids()), ())

OUT_OF_CORE = "out_of_core"
"""What rungs are called that keep their matrices in files."""


def of_disk(measurements: Sequence[Measurement]) -> settings.Choice:
    """Whether the disk's roof is drawn: unasked only where something beyond memory was run."""
    beyond = any(OUT_OF_CORE in m.rung for m in measurements)
    return settings.Choice(
        "disk",
        "Disk",
        ("true", "false"),
        "true" if beyond else "false",
        "The roof of the disk that was measured last (on This machine), as a slope below DRAM's.",
    )


def slope(asked: settings.Choice, own: Record) -> Ceiling | None:
    """The roof of this machine's disk where that is asked; no switch where roofs of its own are not drawn."""
    disk = records.newest_disk()
    if disk is None or own.peaks is None or not own.peaks.ceilings or given(TYPED) in (True, "true"):
        return None
    return disk.roof() if settings.switch(asked) else None


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the page that are one choice, by name."""
    return {
        "dtype": settings.DTYPE,
        "threads": settings.threads(machine.cores.allowed),
        "points": settings.Choice("points", "Points", ("latest", "all"), "latest", HELP_POINTS),
        "named": NAMED,
    }


def of_points(points: settings.Choice, lens: str) -> tuple[str, str, tuple[str, ...]]:
    """Which points, the workload whose points carry names (empty: the one measured last; in a `lens` all do),
    and which kernels' points; in a lecture hall behind a button."""
    with st.popover("Points") if theme.larger() != 1 else nullcontext():
        shown = str(settings.segments(points))
        with theme.field(NAMES_PX):
            named = str(settings.select(NAMED, disabled=bool(lens)))
        return shown, "" if named == NEWEST else named, settings.several(KERNELS)


def given(setting: settings.Setting) -> object:
    """The setting's value before its widget is drawn: the session's, the (checked) link's, else the default."""
    if setting.key in st.session_state:
        return st.session_state[setting.key]
    return st.query_params.get(setting.key, setting.default)
