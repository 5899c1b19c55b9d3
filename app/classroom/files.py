"""The files that a visitor opens, read once each, and who is in the class."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import streamlit as st

from accel_core.errors import AccelError, StoreUnavailable
from accel_core.homework.members import MOST_BYTES, of_answers, read_member
from accel_core.readings.members import Member
from accel_core.studies.record import Record
from accel_core.units import format_count, format_rate
from app.classroom.controls import ALL
from app.parts import components, tables
from app.session import cached, settings

READ, FAULTS = "class files", "class faults"
OWN, SAMPLE = "this machine", "Sample: another machine"
UPLOAD_HELP = (
    "A student's pack.json, or what “Data as JSON” on the page Roofline gives. They stay in this browser tab's "
    "session: nothing of them is stored."
)
MOST_FAULTS = 8
"""Sentences about files that are shown; of more it says how many."""


def uploaded() -> list[Member]:
    """What the opened files hold, each read once a session; a file that cannot be read costs a sentence."""
    files = st.file_uploader(
        "Packs and exported records",
        type="json",
        accept_multiple_files=True,
        key="class upload",
        max_upload_size=MOST_BYTES >> 20,
        help=UPLOAD_HELP,
    )
    known: dict[str, Member | str] = st.session_state.setdefault(READ, {})
    fresh = [file for file in files if file.file_id not in known]
    if fresh:
        with st.spinner(f"Reading {format_count(len(fresh), 'file')}"):
            known |= {file.file_id: _read(file) for file in fresh}
    st.session_state[READ] = known = {file.file_id: known[file.file_id] for file in files}
    st.session_state[FAULTS] = [
        (file.name, read) for file in files if isinstance(read := known[file.file_id], str)
    ]
    return [read for read in known.values() if isinstance(read, Member)]


def _read(file: Any) -> Member | str:
    try:
        return read_member(file.name, file.getvalue())
    except AccelError as fault:
        return str(fault)


def faults() -> None:
    """A sentence for each file that could not be read."""
    found: list[tuple[str, str]] = st.session_state.get(FAULTS, [])
    with settings.place():
        if not found:
            return
        if len(found) == 1:
            st.warning(
                f"{settings.short(found[0][0])} is left out. {components.literal(found[0][1])}",
                icon=":material/rule:",
            )
            return
        lines = [
            f"- {settings.short(name)}: {components.literal(fault)}" for name, fault in found[:MOST_FAULTS]
        ]
        more = [f"- and {len(found) - MOST_FAULTS} more"] if len(found) > MOST_FAULTS else []
        others = "; all others are shown" if len(st.session_state[READ]) > len(found) else ""
        said = f"{format_count(len(found), 'file')} left out{others}."
        st.warning("\n".join([said, "", *lines, *more]), icon=":material/rule:")


def apart(members: Sequence[Member]) -> list[Member]:
    """The members, a number behind each name that others have too, or this machine."""
    taken = {OWN, SAMPLE}
    found = []
    for member in members:
        name, times = member.name, 1
        while name in taken:
            times += 1
            name = f"{member.name} ({times})"
        taken.add(name)
        found.append(member if times == 1 else replace(member, name=name))
    return found


def members(own: Record, sample: Record, others: Sequence[Member], family: str) -> list[Member]:
    """Whom to show: the files' machines of this family, and this one; the sample where there are none."""
    shown = [member for member in others if family in (ALL, member.family)]
    if sample.sample:
        return [*shown, _member(SAMPLE, sample)]
    if own.peaks is None and not own.measurements:
        return shown
    if cached.has_pool() and any(m.machine.fingerprint == own.machine.fingerprint for m in shown):
        return shown  # it is there by its host's name
    here = _member(OWN, own)
    return [*shown, replace(here, guesses=_guesses(own.machine.fingerprint), own=True)]


def _member(name: str, record: Record) -> Member:
    ceilings = record.peaks.ceilings if record.peaks else ()
    return Member(name, record.machine, ceilings, record.measurements)


def _guesses(fingerprint: str) -> dict[str, Any]:
    """This machine's own answers; none where the store cannot be read."""
    try:
        return of_answers(cached.store().answers(fingerprint))
    except StoreUnavailable:
        return {}


def listed(members: Sequence[Member]) -> None:
    """Who is in the picture, as a table."""
    rows = [
        {
            "Who": member.name,
            "Processor": member.machine.cpu,
            "Family": member.family,
            "Threads": member.machine.cores.allowed,
            "Highest roof": format_rate(max(peaks), "FLOP/s") if peaks else "not measured",
            "Measurements": len(member.measurements),
            "Lessons": len(member.guesses),
        }
        for member in members
        for peaks in [[c.value for c in member.ceilings if c.kind == "compute"]]
    ]
    tables.expander("The machines as a table", rows, "class", alt="The machines in this class")
