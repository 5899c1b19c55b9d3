"""A job on its way to a host and back, with a line that loses what a network may lose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import pytest
import recorded_hosts
from figure_records import ENVIRONMENT

from accel_core import __version__
from accel_core.errors import AccelError, BadInput, JobFailed, WrongResult
from accel_core.model import Case
from accel_core.model.hosts import Host, Wanted
from accel_core.pool import carrying
from accel_core.pool.address import HOST, POOL
from accel_core.pool.desk import Standing
from accel_core.runner import Job, submit
from accel_core.runner.ending import failed_event
from accel_core.runner.visitors import Visitor
from accel_core.store import Entry

PATIENCE_S = 60.0
XEON, ZEN = recorded_hosts.machine("linux-emerald-rapids-vm"), recorded_hosts.machine("linux-zen5-vm")
JOB = {"kind": "peaks", "dtypes": ["float32"], "threads": [1]}
CLOCK = {"clock_hz": {"median": 3e9, "low": None, "high": None, "n": 1}, "definition": "typed in by a test"}
RESULT = {"event": "result", "type": "clock", "data": CLOCK}
STARTED = {"event": "started", "pid": 1}
Event = dict[str, Any]


def ready(host: Host) -> Event:
    versions = ENVIRONMENT.to_dict()
    return {"event": "ready", "cpus": [], "fingerprint": host.machine.fingerprint, "environment": versions}


def host(name: str, machine=XEON, **more: Any) -> Host:
    return Host(name, machine, **{"version": __version__, **more})


@dataclass
class Trip:
    """What one host does with a job: the events that it tells, and how it ends."""

    host: Host
    arrives: Sequence[Event] = ()
    last: Event | None = None
    """None: the host goes away instead."""
    swallowed: Sequence[int] = ()
    """Numbers of events that never arrive on their own."""
    waits: bool = False
    """Whether the host's own queue lets it wait for ever."""


class Future:
    """The engine's."""

    def __init__(self, trip: Trip) -> None:
        self.trip = trip
        self.status = "pending" if trip.last is None else "finished"

    def done(self) -> bool:
        return self.trip.last is not None and not self.trip.waits

    def add_done_callback(self, call: Callable[[Any], None]) -> None:
        if self.done():
            call(self)

    def result(self) -> Event:
        return {"events": list(self.trip.arrives), "last": self.trip.last}

    def release(self) -> None:
        pass


@dataclass
class Line:
    """A line to a pool whose hosts do `trips`, one after another."""

    trips: list[Trip]
    there: list[Host] = field(default_factory=list)
    asked: list[Wanted] = field(default_factory=list)
    sent: list[Any] = field(default_factory=list)
    left: int = 0
    cancelled: int = 0

    def hosts(self) -> list[Host]:
        return self.there or [trip.host for trip in self.trips]

    def by_address(self) -> dict[str, Host]:
        return {one.name: one for one in self.hosts()}

    def enter(self, id: str, owner: str, wanted: Wanted, hear: Callable[[int, Event], None]) -> None:
        self.asked.append(wanted)
        self.hear, self.lost = hear, False

    def standing(self, id: str) -> Standing:
        return Standing(0, self.trips[len(self.asked) - 1].host.name, lost=self.lost)

    def send(self, id: str, address: str, job: Any) -> Future:
        self.sent.append(job)
        trip = self.trips[len(self.asked) - 1]
        for number, event in enumerate(trip.arrives):
            if number not in trip.swallowed:
                self.hear(number, event)
        self.lost = trip.last is None
        return Future(trip)

    def cancel(self, id: str) -> None:
        self.cancelled += 1

    def leave(self, id: str) -> None:
        self.left += 1


class Records:
    """A store in memory."""

    def __init__(self) -> None:
        self.saved: list[Entry] = []

    def add(self, entry: Entry) -> None:
        self.saved.append(entry)

    def unsaved(self, entries: list[Entry]) -> tuple[list[Entry], None]:
        return [], None


@pytest.fixture
def put(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Line], Line]]:
    """put(line) has jobs take `line`."""
    monkeypatch.setenv(POOL, "tcp://127.0.0.1:1")

    def use(line: Line) -> Line:
        monkeypatch.setattr(carrying, "line", lambda: line)
        return line

    yield use
    assert not [one for one in threading.enumerate() if one.name.startswith("job ")]


def ended(wanted: Wanted | None = None, store: Records | None = None, **more: Any) -> Job:
    job = submit(JOB, "me", store=store or Records(), wanted=wanted, **more)  # type: ignore[arg-type]
    assert job.wait(PATIENCE_S), job.state
    until_gone(job)
    return job


def until_gone(job: Job) -> None:
    for one in threading.enumerate():
        if one.name == f"job {job.id}":
            one.join(PATIENCE_S)


def test_a_job_that_goes_well_tells_its_own_events_and_where_it_ran(put) -> None:
    one = host("one")
    line = put(Line([Trip(one, [STARTED, ready(one), RESULT], {"event": "done"})]))
    events: list[Event] = []
    job = ended(on_event=events.append)
    assert (job.state, job.error, job.host, len(job.results)) == ("done", None, "one", 1)
    assert [event["event"] for event in events] == ["started", "ready", "result", "done"]
    assert line.sent == [JOB] and line.left == 1


@pytest.mark.parametrize("swallowed", [(), (1,), (3,), (0, 2, 4)], ids=str)
def test_what_was_lost_on_the_way_comes_with_the_end_and_nothing_comes_twice(put, swallowed) -> None:
    one = host("one")
    put(Line([Trip(one, [STARTED, ready(one), RESULT, RESULT, RESULT], {"event": "done"}, swallowed)]))
    store = Records()
    job = ended(store=store)
    assert len(job.results) == len(store.saved) == 3 and not job.warnings


def test_results_are_credited_to_the_host_that_measured_them(put) -> None:
    for one in (host("one", XEON), host("two", ZEN)):
        store = Records()
        put(Line([Trip(one, [STARTED, ready(one), RESULT], {"event": "done"})]))
        ended(store=store)
        assert [entry.fingerprint for entry in store.saved] == [one.machine.fingerprint]


def test_what_a_host_refuses_or_fails_at_is_raised_as_it_would_be_here(put) -> None:
    one = host("one")
    put(
        Line(
            [Trip(one, [STARTED, ready(one), RESULT], failed_event(WrongResult("It is wrong."), "a traceback"))]
        )
    )
    job = ended()
    assert (job.state, job.error, len(job.results)) == ("failed", "It is wrong.", 1)
    assert isinstance(job.failure, WrongResult) and job.detail == "a traceback"


def test_a_host_that_goes_away_fails_the_job_and_what_it_measured_stays(put) -> None:
    one = host("one")
    line = put(Line([Trip(one, [STARTED, ready(one), RESULT])]))
    store = Records()
    job = ended(store=store)
    assert isinstance(job.failure, JobFailed)
    assert job.error == (
        "The host one went away while it measured: run it again; what it had measured before is kept."
    )
    assert len(job.results) == len(store.saved) == len(line.asked) == line.left == 1


def test_it_goes_on_at_a_host_of_the_same_hardware_where_the_job_says_so(put) -> None:
    one, two = host("one"), host("two")
    lost = Trip(one, [STARTED, ready(one), RESULT])
    line = put(Line([lost, Trip(two, [STARTED, ready(two), RESULT], {"event": "done"})]))
    job = ended(Wanted(name="one", alike=True))
    assert (job.state, job.host, len(job.results)) == ("done", "two", 2)
    assert job.warnings == ["The host one went away while it measured; a host of the same hardware goes on."]
    assert line.asked[1] == Wanted(fingerprint=XEON.fingerprint, alike=True)


def test_what_ended_two_hosts_is_not_given_to_a_third(put) -> None:
    trips = [Trip(host(name), [STARTED]) for name in ("one", "two", "three")]
    line = put(Line(trips))
    assert "The host two went away" in str(ended(Wanted(alike=True)).error)
    assert len(line.asked) == 2


def test_a_job_whose_page_was_closed_does_not_wait_in_the_queue_of_its_host(
    put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "unattended_s", lambda: 0.1)
    line = put(Line([Trip(host("one"), [{"event": "queued", "place": 1}], {"event": "done"}, waits=True)]))
    job = ended(visitor=Visitor("closed", present=lambda: False))
    assert job.state == "cancelled" and "left the queue" in str(job.error)
    assert line.cancelled == line.left == 1


def test_a_job_that_has_not_begun_leaves_a_host_that_does_not_answer(
    put, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "ABSENT_S", 0.3)
    silent, two = host("one", silent=True), host("two")
    line = put(Line([Trip(silent, last={"event": "done"}, waits=True)]))
    assert str(ended(Wanted(name="one")).error).startswith("The host one does not answer: run it again")
    assert line.cancelled == line.left == 1
    waits = Trip(silent, last={"event": "done"}, waits=True)
    put(Line([waits, Trip(two, [STARTED, ready(two), RESULT], {"event": "done"})]))
    job = ended(Wanted(name="one", alike=True))
    assert (job.state, job.host) == ("done", "two")
    assert job.warnings == ["The host one does not answer; a host of the same hardware goes on."]


def test_a_host_that_shares_its_computer_says_so(put) -> None:
    one = host("one", shares=("two",))
    put(Line([Trip(one, [STARTED, ready(one)], {"event": "done"})]))
    (said,) = ended().warnings
    assert said.startswith("The host one is on one computer with two")


@pytest.mark.parametrize(
    ("wanted", "machine", "named", "asked"),
    [
        (None, None, "", Wanted()),
        (None, None, "two", Wanted(name="two")),
        (None, XEON, "", Wanted(fingerprint=XEON.fingerprint)),
        (None, XEON, "two", Wanted(fingerprint=XEON.fingerprint)),
        (None, ZEN, "two", Wanted(name="two")),
        (Wanted(name="one"), ZEN, "two", Wanted(name="one")),
    ],
)
def test_a_job_asks_for_the_host_that_it_was_given_or_the_hardware(
    put, monkeypatch: pytest.MonkeyPatch, wanted, machine, named: str, asked: Wanted
) -> None:
    one, two = host("one"), host("two", ZEN)
    line = put(Line([Trip(one, [STARTED, ready(one)], {"event": "done"})], there=[one, two]))
    monkeypatch.setenv(HOST, named)
    ended(wanted, machine=machine)
    assert line.asked == [asked]


def test_a_host_that_is_not_there_is_said_before_anything_is_queued(put) -> None:
    line = put(Line([], there=[host("one"), host("two")]))
    with pytest.raises(BadInput, match=r"The pool has not the host three .*: it has one, two"):
        submit(JOB, "me", wanted=Wanted(name="three"))
    put(Line([]))
    with pytest.raises(BadInput, match="no host has joined"):
        submit(JOB, "me")
    assert not line.asked


def test_a_host_of_another_version_is_refused_in_a_sentence(put) -> None:
    put(Line([], there=[replace(host("one"), version="0.0.1")]))
    with pytest.raises(AccelError, match=r"The host one runs accel 0.0.1, and this program is"):
        submit(JOB, "me")


def test_only_plain_data_travel(put) -> None:
    put(Line([], there=[host("one")]))
    case = MappingProxyType(Case("dot/numpy", 9, "float32").to_dict())
    with pytest.raises(BadInput, match="plain data"):
        submit({"kind": "bench", "cases": [case]}, "me")
