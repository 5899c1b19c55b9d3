"""The walk from slow code to fast code: a question at a time, and what each step brought here."""

from __future__ import annotations

import streamlit as st

from accel_core.studies import experiments
from accel_core.studies.decisions import STEPS, Answer, Step, answer, cases
from accel_core.studies.record import Record
from accel_core.units import format_number, format_ratio, format_time
from app.parts import components
from app.session import settings

STEP = settings.Choice("step", "Step", tuple(step.name for step in STEPS), STEPS[0].name)


def draw(record: Record) -> None:
    """The walk: choose a step, read what it brought on this machine, go on."""
    st.subheader("Which question comes first?", anchor=False)
    name = str(settings.segments(STEP))
    at = STEP.options.index(name)
    step = STEPS[at]
    st.markdown(f"**{at + 1}. {step.asked.question}**")
    found = answer(record, step)
    if found is None:
        _not_measured(record, step)
    else:
        _measured(found, step)
    st.caption(f"Stop here if: {step.asked.stop[:1].lower()}{step.asked.stop[1:]}")
    _so_far(record)


def _measured(found: Answer, step: Step) -> None:
    before, after = found.before, found.after
    components.metric(
        f"{step.before} → {step.after}, N={after.size}",
        format_ratio(found.ratio),
        f"{format_time(before.time_s.median)} → {format_time(after.time_s.median)}",
        help="Medians of verified runs on this machine, in float32; see the page Ladder for each kernel.",
    )
    doubt = " One of the two was disturbed while it was timed." if before.disturbed or after.disturbed else ""
    st.markdown(f"That is {step.lesson.text}.{doubt}")


def _not_measured(record: Record, step: Step) -> None:
    st.markdown(f"Not measured yet: {step.before} against {step.after} at N={step.lesson.size}.")
    wanted = cases(record, step)
    components.job_button("Run", experiments.bench_job(wanted, 0.5), key=f"walk {step.name}")


def _so_far(record: Record) -> None:
    """All answers in a line each: what each step brought."""
    with st.expander("What each step brought here", icon=":material/footprint:"):
        for number, step in enumerate(STEPS, 1):
            found = answer(record, step)
            told = f"×{format_number(found.ratio)} at N={found.after.size}" if found else "not measured yet"
            st.markdown(f"{number}. **{step.name}**: {told} ({step.before} → {step.after.partition('/')[2]})")
        st.caption(
            "The steps are measured on different problems: their ratios do not multiply to one speed-up."
        )
