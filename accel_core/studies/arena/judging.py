"""Judging what waits: fair between people, one entry of each in the queue, until nothing waits."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from accel_core.arena.event import Event
from accel_core.arena.files import events
from accel_core.errors import AccelError, BadInput, JobCancelled
from accel_core.model import Ceiling, Machine, Verdict
from accel_core.model.arena import UNSETTLED
from accel_core.pool import measured_machine
from accel_core.runner import submit
from accel_core.runner.job import Event as JobEvent
from accel_core.store import Entries, Store, summary
from accel_core.studies.arena.alone import alone
from accel_core.studies.arena.board import clockless
from accel_core.studies.arena.handing import judge_job
from accel_core.studies.arena.roofs import doubtful_roofs, measured_roofs, missing_roofs, roofs_for, threads_of
from accel_core.studies.arena.standing import MOST_TRIES, ToJudge, in_turn, person_of, standings, to_judge
from accel_core.studies.arena.today import rescored_all
from accel_core.studies.arena.unjudged import unjudged

AT_ONCE = 20
"""So many people have an entry in the queue; within it each of them takes turns with all others."""
POLL_S = 0.2
LOOK_S = 5.0
"""While jobs run, so often it is asked whether somebody handed in: that is done beside what is measured."""
STOP_S = 3.0


class Judging(Protocol):
    """A job that is being judged: runner.Job, or what a test puts in its place."""

    @property
    def results(self) -> Sequence[Any]:
        """What it brought."""

    @property
    def failure(self) -> AccelError | None:
        """Why it brought nothing."""

    @property
    def warnings(self) -> Sequence[str]:
        """Such as that its verdict could not be stored."""

    def wait(self, timeout_s: float | None = None) -> bool:
        """Whether it ended."""

    def cancel(self) -> None:
        """End it."""


Submit = Callable[..., Judging]


@dataclass
class Desk:
    """What judging works with, from one call to its end."""

    records: Entries
    machine: Machine
    known: dict[str, Event]
    submit: Submit
    on_event: Callable[[JobEvent], None] | None
    tell: Callable[[str], object]
    heard: Callable[[ToJudge, Verdict], object]
    stop: Callable[[], bool]
    again: bool
    elsewhere: bool
    made: list[Verdict] = field(default_factory=list)
    """The verdicts of this call: one that the store did not take yet is not asked for again."""
    measured: dict[tuple[str, int], tuple[Ceiling, ...]] = field(default_factory=dict)
    """The roofs that this call measured, by type and number of threads."""
    looked: object = None
    """What was there when it was looked last for what waits."""


def judge_waiting(
    *,
    store: Store | None = None,
    machine: Machine | None = None,
    submit: Submit = submit,
    known: Sequence[Event] | None = None,
    on_event: Callable[[JobEvent], None] | None = None,
    tell: Callable[[str], object] = lambda sentence: None,
    heard: Callable[[ToJudge, Verdict], object] = lambda todo, verdict: None,
    stop: Callable[[], bool] = lambda: False,
    again: bool = False,
    elsewhere: bool = False,
) -> list[Verdict]:
    """Judge on this machine whatever waits, until nothing does; the verdicts, in the order in which they came.

    An entry whose judging was killed waits on, and is judged at the next call. `again` judges also what was
    given up because the machine was disturbed, `elsewhere` also what another machine has judged. `tell` hears
    what goes wrong, in sentences, `heard` each verdict. Raises BadInput where the wall does not stand, and
    JudgedElsewhere where another program of this host judges.
    """
    from accel_core.wall import standing

    wall = standing()
    if not wall.stands:
        raise BadInput(f"Nothing is judged here: the wall does not stand. {wall.reason}")
    records = Entries(store or Store())
    here = machine or measured_machine()
    by_name = {one.name: one for one in (events() if known is None else known)}
    desk = Desk(records, here, by_name, submit, on_event, tell, heard, stop, again, elsewhere)
    with alone(records.store):
        records.store.take_in()
        running: dict[str, tuple[ToJudge, Judging]] = {}
        try:
            while not stop():
                _hand_out(desk, running)
                if not running:
                    break
                _collect(desk, running)
        finally:
            _cancel(running)
    return desk.made


def _hand_out(desk: Desk, running: dict[str, tuple[ToJudge, Judging]]) -> None:
    """Queue what waits, of each person one, as far as AT_ONCE goes; where nothing changed, nothing is read."""
    mark = desk.records.mark()
    if desk.looked != (mark, set(running)):
        _fill(desk, running)
        desk.looked = mark, set(running)


def _fill(desk: Desk, running: dict[str, tuple[ToJudge, Judging]]) -> None:
    for todo in waiting(desk):
        if len(running) >= AT_ONCE:
            return
        person = person_of(todo.entry)
        if person in running:
            continue
        event = desk.known[todo.entry.event]
        entry = desk.records.entry(todo.entry.id)
        if entry is None:
            continue
        roofs = _roofs(desk, event)
        if desk.stop():
            return
        job = judge_job(event, entry.code, roofs, entry=entry.id, confirms=todo.confirms)
        store = desk.records.store
        owner = f"arena {person}"
        queued = desk.submit(job, owner, store=store, machine=desk.machine, on_event=desk.on_event)
        running[person] = todo, queued


def waiting(desk: Desk) -> list[ToJudge]:
    """What is judged next: of each person one, in the order of their turns."""
    entries = [entry for entry in desk.records.entries() if entry.event in desk.known]
    found_so_far = [*desk.records.judged(), *map(summary, desk.made)]
    judged = rescored_all(found_so_far, desk.known.values(), desk.records)
    without_clock = clockless(desk.known.values())
    here = desk.machine.fingerprint
    found = standings(entries, judged, desk.records.rulings(), here, without_clock)
    if not desk.elsewhere:
        others = {one.entry for one in judged if one.fingerprint != here and one.verdict != UNSETTLED}
        here_too = {one.entry for one in judged if one.fingerprint == here}
        found = [one for one in found if one.entry.id not in others - here_too]
    noisy = Counter((one.entry, one.confirms) for one in desk.made if one.verdict == UNSETTLED)
    found_again = to_judge(found, again=desk.again)
    todo = [one for one in found_again if noisy[one.entry.id, one.confirms] < MOST_TRIES]
    return in_turn(todo, judged, {entry.id: person_of(entry) for entry in entries})


def _roofs(desk: Desk, event: Event) -> tuple[Ceiling, ...]:
    """The measured roofs; where they are missing or in doubt, they are measured first, once in a call.

    Where they still are in doubt after that, the best that are known count, and the verdict says so.
    """
    store, kind = desk.records.store, (event.dtype, threads_of(event, desk.machine))
    job = missing_roofs(event, store=store, machine=desk.machine)
    if kind not in desk.measured and (job := job or doubtful_roofs(event, store, desk.machine)) is not None:
        desk.measured[kind] = _measure(desk, job)
        job = missing_roofs(event, store=store, machine=desk.machine)
    if job is not None:  # the store did not take them
        return roofs_for(event, desk.measured[kind], desk.machine)
    return measured_roofs(event, store, desk.machine)


def _measure(desk: Desk, job: dict[str, Any]) -> tuple[Ceiling, ...]:
    """The roofs that `job` brings; none where somebody stops."""
    store = desk.records.store
    measuring = desk.submit(job, "arena", store=store, machine=desk.machine, on_event=desk.on_event)
    try:
        while not measuring.wait(POLL_S):
            if desk.stop():
                return ()
    finally:
        measuring.cancel()  # too late where it has ended
    if measuring.failure is not None:
        raise measuring.failure
    return tuple(one for one in measuring.results if isinstance(one, Ceiling))


def _collect(desk: Desk, running: dict[str, tuple[ToJudge, Judging]]) -> None:
    """Wait until a verdict comes, no longer than LOOK_S, and take all that came."""
    until_s = time.monotonic() + LOOK_S
    ended: list[str] = []
    while not ended and time.monotonic() < until_s and not desk.stop():
        ended = [person for person, (_, job) in running.items() if job.wait(POLL_S / len(running))]
    for person in ended:
        todo, job = running.pop(person)
        for warning in job.warnings:
            desk.tell(warning)
        if isinstance(job.failure, JobCancelled):
            raise job.failure
        verdict = next((one for one in job.results if isinstance(one, Verdict)), None)
        if verdict is None:
            said = f"The judge ended before its verdict. {job.failure or ''}".strip()
            verdict = unjudged(
                desk.known[todo.entry.event],
                UNSETTLED,
                said,
                desk.machine,
                entry=todo.entry.id,
                confirms=todo.confirms,
            )
            if sentence := desk.records.keep(verdict):
                desk.tell(sentence)
        desk.made.append(verdict)
        desk.looked = None
        desk.heard(todo, verdict)


def _cancel(running: dict[str, tuple[ToJudge, Judging]]) -> None:
    for _, job in running.values():
        job.cancel()
    until_s = time.monotonic() + STOP_S
    for _, job in running.values():
        job.wait(max(0.0, until_s - time.monotonic()))
