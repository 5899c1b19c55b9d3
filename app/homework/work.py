"""The parts of an assignment: what each asks, whether it is done, and the way to do it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

import streamlit as st

from accel_core.errors import StoreUnavailable
from accel_core.homework.assignment import Assignment, Experiment, Ladder, Roofline, job, threads_on
from accel_core.homework.begun import begun
from accel_core.homework.drafts import Draft, save_changes, short_name
from accel_core.homework.drafts import draft as kept
from accel_core.homework.finding import Found, find
from accel_core.homework.packing import LONGEST_ANSWER
from accel_core.homework.progress import Standing
from accel_core.lessons import lesson
from accel_core.model import Machine
from accel_core.studies.record import Record
from app.parts import components
from app.session import cached, settings, visitors

DRAFT = "homework draft"


def draft(assignment: Assignment) -> Draft:
    """What was written so far, in this session or earlier."""
    name, written = st.session_state.get(DRAFT, ("", Draft()))
    if name != short_name(assignment):
        written = kept(assignment) if visitors.at_this_computer() else Draft()
        st.session_state[DRAFT] = short_name(assignment), written
    return written


def write(assignment: Assignment, written: Draft) -> Draft:
    """Keep what was written, for this session and for another day; a warning where only for this session."""
    before = draft(assignment)
    if written == before:
        return written
    st.session_state[DRAFT] = short_name(assignment), written
    if not visitors.at_this_computer():
        return written
    try:
        save_changes(assignment, before, written)
    except StoreUnavailable as fault:
        st.warning(f"{fault} Until then it is kept in this tab only.", icon=":material/save:")
    return written


def since(assignment: Assignment) -> str:
    """When it was begun: on this computer, or in the tab of somebody who is not at it."""
    known = begun(assignment) if visitors.at_this_computer() else None
    now = datetime.now(UTC).isoformat(timespec="microseconds")
    return known or str(st.session_state.setdefault(f"begun {short_name(assignment)}", now))


def found(assignment: Assignment, own: Record) -> Found:
    """What this computer's records hold of it since it was begun; nothing where they cannot be read."""
    try:
        return find(assignment, cached.store(), cached.machine(), since(assignment))
    except StoreUnavailable:  # the page has said so
        return Found(own.machine, own.peaks, (), ())


def summary(stands: Standing) -> None:
    """How much is done."""
    total = len(stands.lacks)
    st.progress(stands.done / total if total else 0.0, f"{stands.done} of {total} parts done")


def _mark(assignment: Assignment, stands: Standing, one: str) -> str:
    """Whether a part is done, as an icon; and whether it may be left out."""
    icon = ":green[:material/check_circle:]" if not stands.lacks[one] else ":material/radio_button_unchecked:"
    return icon if assignment.requires(one) else f"{icon} :gray-badge[optional]"


def lessons(assignment: Assignment, stands: Standing) -> None:
    """Each lesson with a link to it."""
    for name in assignment.lessons:
        one = lesson(name)
        with st.container(border=True):
            st.markdown(
                f"{_mark(assignment, stands, name)} **{one.title}** · {components.literal(one.question)}"
            )
            _lacks(stands, name)
            label = "Guess and run it" if stands.lacks[name] else "Look at it again"
            components.link("lessons", label, {"lesson": name})


def _lacks(stands: Standing, one: str) -> None:
    if stands.lacks[one]:
        st.caption(components.literal(stands.lacks[one]))


def experiments(assignment: Assignment, stands: Standing, machine: Machine) -> None:
    """Each experiment with a button that runs it here, and the page that shows it."""
    for one in assignment.experiments:
        with st.container(border=True):
            told = f" · {components.literal(one.text)}" if one.text else ""
            st.markdown(f"{_mark(assignment, stands, one.id)} **{_title(one)}**{told}")
            _lacks(stands, one.id)
            with st.container(horizontal=True, vertical_alignment="center"):
                again = "Measure" if stands.lacks[one.id] else "Measure again"
                components.job_button(again, job(one, cached.machine()), key=f"run {one.id}")
                page, asked = _page(one, machine)
                if page:
                    components.link(page, "Look at it", asked)


def _title(one: Experiment) -> str:
    """What is measured, in a few words."""
    if isinstance(one, Roofline):
        return f"Roofs of this machine ({', '.join(one.dtypes)})"
    if isinstance(one, Ladder):
        size = f", N={one.size}" if one.size else ""
        return f"All rungs of {one.workload}{size}, {one.dtype}"
    values = ", ".join(map(str, one.values))
    return f"{', '.join(one.kernels)} over {one.over}: {values}, {one.dtype}"


def _page(one: Experiment, machine: Machine) -> tuple[str, Mapping[str, str]]:
    """The page that shows an experiment, with its settings; no page where there is none for it."""
    if isinstance(one, Roofline):
        return "roofline", {"dtype": one.dtypes[0], "threads": str(threads_on(machine, one.threads[0]))}
    asked = {"dtype": one.dtype, "threads": str(threads_on(machine, one.threads))}
    asked |= {"size": str(one.size)} if one.size else {}
    if isinstance(one, Ladder):
        return "ladder", {**asked, "workload": one.workload}
    matmul = all(name.startswith("matmul/") for name in one.kernels)
    if not matmul or one.over not in ("block", "size", "threads"):
        return "", {}
    return "lab", {**asked, "over": one.over, "kernels": one.kernels[0].partition("/")[2]}


def questions(assignment: Assignment, stands: Standing, written: Draft) -> Draft:
    """A text area for each question; what is written in them."""
    answers = dict(written.answers)
    for question in assignment.questions:
        with st.container(border=True):
            st.markdown(f"{_mark(assignment, stands, question.id)} {components.literal(question.text)}")
            said = st.text_area(
                f"Answer to {question.id}",
                answers.get(question.id, ""),
                key=f"answer {short_name(assignment)} {question.id}",
                max_chars=LONGEST_ANSWER,
                label_visibility="collapsed",
                placeholder="In your own words",
            )
            answers[question.id] = said or ""
    answers = {name: said for name, said in answers.items() if said}
    with settings.place():
        changed = replace(written, answers=answers) != written
        after = write(assignment, replace(written, answers=answers))
    if changed:
        st.rerun()  # what is said to be done stands above
    return after
