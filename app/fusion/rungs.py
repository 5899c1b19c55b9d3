"""GELU rung by rung: time, bandwidth, and the arrays that each allocates."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from accel_core import registry
from accel_core.bench.memory import QUICK_S
from accel_core.figures.fusion import fusion_figure
from accel_core.model import Case, Ceiling, Machine, Measurement
from accel_core.readings.fusion import fusion_alt, fusion_claims, fusion_reading
from accel_core.readings.fusion_roofline import copy_roof
from accel_core.studies.experiments import Experiment, Shown
from accel_core.studies.record import Record
from accel_core.units import format_bytes
from app.parts import answers, components, theme
from app.session import drawings, settings

GELU = registry.workload("gelu")


def controls(machine: Machine) -> dict[str, settings.Choice]:
    """The settings of the rungs, by name; all threads at first, so that the last rung shows what they bring."""
    threads = settings.threads(machine.cores.allowed)
    return {
        **answers.controls(machine, GELU),
        "threads": replace(threads, default=threads.options[-1], help="Cores that the threaded rung may use."),
    }


def cases(asked: Experiment) -> list[Case]:
    """What to measure: the rungs, and those too long to be traced at a smaller size too, for their memory."""
    found = asked.cases()
    return found + [smaller for case in found if (smaller := _traceable(case))]


def _traceable(case: Case) -> Case | None:
    """`case` at the largest offered size whose call is surely traced; None where its own is."""
    if registry.predicted_s(case) <= QUICK_S:
        return None
    sizes = [replace(case, size=n) for n in GELU.sizes if n < case.size]
    return next((c for c in reversed(sizes) if registry.predicted_s(c) <= QUICK_S / 2), None)


def elsewhere(record: Record) -> list[Measurement]:
    """The rungs of GELU at every size: their memory stands in where a call was too long to be traced."""
    return [m for m in record.measurements if m.workload == GELU.name]


def roof(record: Record, shown: Shown) -> Ceiling | None:
    """The copy roof that the rungs are held against: of all threads that one of them used."""
    if record.peaks is None:
        return None
    threads = max((m.threads for m in shown.measurements), default=shown.setup.threads)
    return copy_roof(record.peaks.ceilings, threads)


def picture(record: Record, shown: Shown) -> None:
    """The rungs with time, bandwidth and arrays, and what they say."""
    ceiling = roof(record, shown)
    theme.show(
        drawings.drawn(
            fusion_figure,
            GELU,
            shown.measurements,
            theme.current_look(),
            roof=ceiling,
            elsewhere=elsewhere(record),
            stale=answers.whose(record, shown),
        ),
        alt=fusion_alt(GELU, shown.measurements, elsewhere(record)),
        key="fusion",
        filename="fusion",
    )
    components.reading(*fusion_reading(GELU, shown.measurements, roof=ceiling, elsewhere=elsewhere(record)))
    answers.remarks(shown)
    if shown.measurements:
        _how_counted(shown)


def _how_counted(shown: Shown) -> None:
    """The formula of the bandwidth with this reader's numbers, and what an allocated array is."""
    m = shown.measurements[0]
    st.caption(
        f"Effective bandwidth = (read x + write y) / time = {m.least_bytes:,} B / time, for every rung alike. "
        f"Arrays allocated = the greatest extra memory of one call, measured in a separate untimed pass, "
        f"divided by one array ({format_bytes(m.least_bytes / 2)})."
    )


def claims(record: Record, shown: Shown) -> None:
    """What is often said, beside what was measured here."""
    found = fusion_claims(GELU, shown.measurements, elsewhere(record))
    if not found:
        return
    st.subheader("Often said, and measured", anchor=False)
    places = [place for _ in found[::2] for place in st.columns(2)]
    for claim, place in zip(found, places, strict=False):
        verdict = (
            ":green[:material/check_circle:] Here too:" if claim.holds else ":red[:material/cancel:] Not here:"
        )
        measured = claim.measured.replace("*", r"\*")
        with place, st.container(border=True, height="stretch"):
            st.markdown(f"*“{claim.said}”*\n\n{verdict} {measured}")
