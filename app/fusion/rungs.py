"""A chain of rungs: time, bandwidth, the arrays that each allocates, and the bytes that it moves."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from accel_core import registry
from accel_core.bench.memory import QUICK_S
from accel_core.figures.fusion import fusion_figure
from accel_core.model import Case, Ceiling, Machine, Measurement, Workload
from accel_core.readings.fusion import fusion_alt, fusion_reading
from accel_core.readings.fusion_roofline import copy_roof
from accel_core.readings.moved import one_array_bytes
from accel_core.readings.rungs import ROOM_IS_KEPT
from accel_core.studies.experiments import Experiment, Setup, Shown
from accel_core.studies.record import Record
from accel_core.units import format_bytes
from app.parts import answers, components, theme
from app.session import drawings, settings

CHAINS = {workload.name: workload.chain for workload in registry.WORKLOADS if workload.chain}
WORKLOAD = settings.Choice(
    "workload",
    "Workload",
    tuple(CHAINS),
    max(CHAINS, key=lambda name: len(CHAINS[name])),
    "The problems whose rungs say what each change removes: passes over memory, arrays, arithmetic.",
)


def controls(machine: Machine, workload: Workload) -> dict[str, settings.Choice]:
    """The settings of the rungs, by name; all threads at first, so that the last rung shows what they bring."""
    threads = settings.threads(machine.cores.allowed)
    return {
        **answers.controls(machine, workload),
        "threads": replace(threads, default=threads.options[-1], help="Cores that the threaded rung may use."),
    }


def asked(workload: Workload, setup: Setup) -> Experiment:
    """The whole chain at one setup."""
    return Experiment(workload, tuple(kernel.name for kernel in workload.chain), "none", setup)


def cases(asked: Experiment) -> list[Case]:
    """What to measure: the rungs, and those too long to be traced at a smaller size too, for their memory."""
    found = asked.cases()
    return found + [smaller for case in found if (smaller := _traceable(asked.workload, case))]


def _traceable(workload: Workload, case: Case) -> Case | None:
    """`case` at the largest offered size whose call is surely traced; None where its own is."""
    if registry.predicted_s(case) <= QUICK_S:
        return None
    sizes = [replace(case, size=n) for n in workload.sizes if n < case.size]
    return next((c for c in reversed(sizes) if registry.predicted_s(c) <= QUICK_S / 2), None)


def elsewhere(record: Record, workload: Workload) -> list[Measurement]:
    """The rungs at every size: their memory stands in where a call was too long to be traced."""
    return [m for m in record.measurements if m.workload == workload.name]


def roof(record: Record, shown: Shown) -> Ceiling | None:
    """The copy roof that the rungs are held against: of all threads that one of them used."""
    if record.peaks is None:
        return None
    threads = max((m.threads for m in shown.measurements), default=shown.setup.threads)
    return copy_roof(record.peaks.ceilings, threads)


def picture(record: Record, workload: Workload, shown: Shown) -> None:
    """The rungs with time, bandwidth and arrays, and what they say."""
    ceiling, others = roof(record, shown), elsewhere(record, workload)
    theme.show(
        drawings.drawn(
            fusion_figure,
            workload,
            shown.measurements,
            theme.current_look(),
            roof=ceiling,
            elsewhere=others,
            stale=answers.whose(record, shown),
        ),
        alt=fusion_alt(workload, shown.measurements, others),
        key="fusion",
        filename="fusion",
    )
    components.reading(*fusion_reading(workload, shown.measurements, roof=ceiling, elsewhere=others))
    answers.remarks(shown)
    if shown.measurements:
        _how_counted(workload, shown)


def _how_counted(workload: Workload, shown: Shown) -> None:
    """The formula of the bandwidth with this reader's numbers, and what an allocated array is."""
    m = shown.measurements[0]
    st.caption(
        f"Effective bandwidth = (inputs read once + result written once) / time = {m.least_bytes:,} B / time, "
        "for every rung alike. Arrays allocated = the greatest extra memory of one call, measured in a "
        f"separate untimed pass, divided by one array ({format_bytes(one_array_bytes(workload, m))}). "
        f"{ROOM_IS_KEPT}"
    )


def code(workload: Workload, shown: Shown) -> None:
    """Where the code of each rung stands."""
    asked_for = {"workload": workload.name, "size": str(shown.setup.size), "dtype": shown.setup.dtype}
    label = "Read the code of each rung on the Ladder"
    st.page_link("ladder/ladder.py", label=label, icon=":material/stairs:", query_params=asked_for)
