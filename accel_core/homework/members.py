"""Packs and exported records as members of a class: what a file holds, or a sentence why it is none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from accel_core.errors import AccelError, BadInput, printable
from accel_core.homework.pack import Pack
from accel_core.homework.shared import DAMAGE, readable
from accel_core.lessons import Run, lesson
from accel_core.model import Ceiling, Machine, Measurement
from accel_core.model.answers import Answer
from accel_core.readings.members import Guessed, Member

MOST_BYTES = 8 << 20
"""An exported record of a thousand points with all samples is half as large."""
MOST_PARTS = 5_000
LONGEST_NAME, LONGEST_CPU = 60, 100
NAME = re.compile(r"[\w .+/-]{1,60}", re.ASCII)
"""Of a kernel, a type or a setting."""
MARKUP = re.compile(r"[<>&\[\]`*$~\\]|(?<=:)//")
"""What pictures and pages would read as a link, an image or a formula."""
SLOWEST, FASTEST = 1.0, 1e18
"""FLOP/s and byte/s that a picture has room for: the fastest supercomputers stand at the upper end."""
SHORTEST_S, LONGEST_S = 1e-12, 1e9
"""Of a call."""


def read_member(name: str, raw: bytes) -> Member:
    """What the file called `name` holds: a pack, or a record that the page Roofline exported.

    BadInput with a sentence where it is neither. What is in it is not judged here: `accel check` does that.
    """
    if len(raw) > MOST_BYTES:
        raise BadInput(f"The file has more than {MOST_BYTES >> 20} MB: no pack or record is so large.")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("The file is no text in UTF-8, so it is no pack and no record.") from None
    return readable(text, lambda data: _member(name, data))


def _member(name: str, data: Mapping[str, Any]) -> Member:
    if "student" in data:
        return of_pack(Pack.from_dict(data))
    machine = Machine.from_dict(data["machine"])
    ceilings = tuple(Ceiling.from_dict(one) for one in data["ceilings"][:MOST_PARTS])
    measurements = [Measurement.from_dict(one) for one in data["measurements"][:MOST_PARTS]]
    return _sound(Member(name.removesuffix(".json"), machine, ceilings, tuple(measurements)))


def of_pack(pack: Pack) -> Member:
    """The machine of a student, under the id as typed."""
    guesses = {}
    for done in pack.lessons:
        said = "" if done.guess is None else done.guess.said
        if (one := guessed(done.lesson, said, done.run)) is not None:
            guesses[done.lesson] = one
    ceilings = pack.peaks.ceilings if pack.peaks else ()
    return _sound(Member(pack.student, pack.machine, ceilings, tuple(pack.measurements()), guesses))


def of_answers(answers: Iterable[Answer]) -> dict[str, Guessed]:
    """The newest answer of each lesson; `answers` come newest first. What cannot be read is left out."""
    found: dict[str, Guessed] = {}
    for answer in answers:
        if answer.lesson in found:
            continue
        try:
            run = Run.from_dict(answer.run)
        except DAMAGE:
            continue
        said = "" if answer.guess is None else answer.guess.said
        if (one := guessed(answer.lesson, said, run)) is not None:
            found[answer.lesson] = one
    return found


def guessed(name: str, said: str, run: Run) -> Guessed | None:
    """A lesson's guess and truth; None where the lesson is unknown here, or its run lacks a result."""
    try:
        one = lesson(name)
        truth = one.truth(run)
    except (AccelError, *DAMAGE):
        return None
    try:
        value = one.form.read(said) if said else ""
    except BadInput:
        value = ""
    return Guessed(value, truth.value, truth.low, truth.high)


def _sound(member: Member) -> Member:
    """Without what no picture has room for, and with names that fit into one."""
    ceilings = tuple(c for c in member.ceilings if SLOWEST < c.value < FASTEST)
    known = [m for m in member.measurements if m.flop > 0 and m.time_s.median > 0 and _is_named(m)]
    timed = [
        m
        for m in known
        if SLOWEST < m.flop_per_s < FASTEST
        and 0 <= m.least_bytes < FASTEST
        and all(SHORTEST_S < s < LONGEST_S for s in m.samples_s)
    ]
    return replace(
        member,
        name=_short(member.name, LONGEST_NAME) or "without a name",
        machine=replace(
            member.machine,
            cpu=_short(member.machine.cpu, LONGEST_CPU),
            vendor=member.machine.vendor and _short(member.machine.vendor, LONGEST_CPU),
            architecture=_short(member.machine.architecture, LONGEST_CPU),
        ),
        ceilings=ceilings,
        measurements=tuple(map(_worded, sorted(timed, key=lambda m: m.created, reverse=True)[:MOST_PARTS])),
    )


def _is_named(measurement: Measurement) -> bool:
    """Whether what it is of has names that a picture may show: a kernel may be unknown here, and no markup."""
    names = (measurement.kernel, measurement.workload, measurement.dtype, *measurement.parameters)
    return all(map(NAME.fullmatch, names))


def _worded(measurement: Measurement) -> Measurement:
    """Whose sentences hold no markup."""
    environment = type(measurement.environment).from_dict(_plain(measurement.environment.to_dict()))
    reason = _plain(measurement.disturbed_reason)
    return replace(measurement, environment=environment, disturbed_reason=reason)


def _plain(told: Any) -> Any:
    """Plain data whose texts are short and hold no markup."""
    if isinstance(told, Mapping):
        return {_plain(name): _plain(one) for name, one in list(told.items())[:LONGEST_CPU]}
    return _short(MARKUP.sub(" ", told), 2 * LONGEST_CPU) if isinstance(told, str) else told


def _short(text: str, longest: int) -> str:
    """On one line, without control characters, and cut where it is long."""
    plain = printable("".join(c if c.isprintable() else " " for c in text)).strip()
    return plain if len(plain) <= longest else f"{plain[: longest - 1]}…"
