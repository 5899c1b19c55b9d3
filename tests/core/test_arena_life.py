"""The life of entries, at random: none is lost, none counts twice, and the order of arrival changes nothing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from arena_records import EVENT, FakeJudge, a_verdict, an_entry, moment, soon
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core import wall
from accel_core.errors import JobCancelled, JobFailed
from accel_core.machine import detect
from accel_core.model import Ruling
from accel_core.store import Entries, Store
from accel_core.studies import arena
from accel_core.studies.arena.standing import MOST_TRIES, best_confirmed, score_of, standings

PEOPLE = ("Ada", "Bob", "Cid")
WORKER = Path(__file__).with_name("arena_worker.py")


@pytest.fixture(autouse=True)
def _wall(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wall, "standing", lambda: SimpleNamespace(stands=True, reason=""))


OUTCOMES = st.sampled_from(("accepted", "accepted", "refused", "quarantined", "unsettled", "failed", "killed"))
ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("hand in"), st.sampled_from(PEOPLE)),
        st.tuples(st.just("judge"), st.lists(st.tuples(OUTCOMES, st.integers(1, 4)), max_size=4)),
        st.tuples(st.just("rule"), st.sampled_from(("annul", "hide", "restore"))),
    ),
    max_size=12,
)


@settings(max_examples=30)
@given(actions=ACTIONS, noise=st.randoms(use_true_random=False))
def test_whatever_happens_no_entry_is_lost_and_none_counts_twice(
    actions: list[tuple[str, object]], noise: random.Random
) -> None:
    store = Store("sqlite://")
    records = Entries(store)
    ids: list[str] = []
    for number, (act, what) in enumerate(actions):
        if act == "hand in":
            entry = an_entry(number, str(what))
            records.add(entry)
            ids.append(entry.id)
        elif act == "rule" and ids:
            records.add(Ruling(noise.choice(ids), str(what), "Because.", moment(number)))
        elif act == "judge":
            _judge(store, list(what))  # type: ignore[call-overload]
    asked = _judge(store, [], rest=noise)
    assert sorted(entry.id for entry in records.entries()) == sorted(ids)
    assert _judge(store, []) == []  # nothing waits any more

    here, judged = detect().fingerprint, records.judged()
    found = standings(records.entries(), judged, records.rulings(), here)
    assert all(one.status != "waiting" or one.annulled for one in found)
    of_entry = [sum(j.entry == id and j.verdict == "unsettled" for j in judged) for id in ids]
    assert max(of_entry, default=0) <= 2 * MOST_TRIES  # of its first verdict, and of its confirming
    settled = [(j.entry, bool(j.confirms)) for j in judged if j.verdict != "unsettled"]
    assert len(settled) == len(set(settled))  # none judged or confirmed twice
    assert len(asked) == len(set(asked))

    rows = arena.board(EVENT, here, store=store)
    ranked = [row for row in rows if row.rank is not None]
    assert len({row.person for row in ranked if not row.ruled}) == len([row for row in ranked if not row.ruled])
    best = {one.entry.id: score_of(one) for one in best_confirmed(found).values()}
    assert {row.entry: row.score for row in ranked} == best
    for row in ranked:
        assert (row.entry, True) in settled
    assert rows == arena.board(EVENT, here, store=_shuffled(records, noise))


def _judge(
    store: Store, outcomes: list[tuple[str, int]], rest: random.Random | None = None
) -> list[tuple[str, bool]]:
    """Judge with these outcomes, until one kills the judge; what was asked with a settled outcome."""
    left, settled = iter(outcomes), list[tuple[str, bool]]()

    def say(job: dict[str, str], number: int) -> object:
        usual = ("accepted", rest.randint(1, 4)) if rest else ("killed", 1)
        outcome, score = next(left, usual)
        if outcome == "killed":
            return JobCancelled("Killed.")
        if outcome == "failed":
            return JobFailed("It crashed.")
        if outcome != "unsettled":
            settled.append((job["entry"], bool(job["confirms"])))
        return soon(number, 20.0 * score if outcome == "accepted" else None, verdict=outcome)

    with suppress(JobCancelled):
        arena.judge_waiting(store=store, submit=FakeJudge(say), known=[EVENT])  # type: ignore[arg-type]
    return settled


def _shuffled(records: Entries, noise: random.Random) -> Store:
    """The same records, in another order and some of them twice."""
    entries = [records.entry(entry.id) for entry in records.entries()]
    verdicts = [records.verdict(one.id) for one in records.judged()]
    everything = [one for one in (*entries, *verdicts, *records.rulings()) if one is not None]
    everything += noise.sample(everything, len(everything) // 2)
    noise.shuffle(everything)
    other = Store("sqlite://")
    for record in everything:
        Entries(other).add(record)
    return other


def test_a_confirming_that_came_before_what_it_confirms_counts_all_the_same() -> None:
    records = Entries(Store("sqlite://"))
    for record in (
        a_verdict(3, "entry1", 40.0, confirms="verdict2"),
        a_verdict(2, "entry1", 60.0),
        an_entry(1),
    ):
        records.add(record)
    (row,) = arena.board(EVENT, "fp", store=records.store)
    assert row.score == 40.0


# -- more than one process -----------------------------------------------------------------------------------


def worker(home: Path, act: str, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, str(WORKER), f"sqlite:///{home / 'arena.db'}", act, *words])


def test_two_processes_that_write_at_once_lose_nothing_and_share_a_nickname(tmp_path: Path) -> None:
    running = [worker(tmp_path, "hand-in", "Ada", "8") for _ in range(2)]
    assert [one.wait(60) for one in running] == [0, 0]
    records = Entries(Store(f"sqlite:///{tmp_path / 'arena.db'}"))
    assert len(records.entries("quick", "ada")) == 16 and records.mark()[:2] == (1, 16)


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL")
def test_a_judge_that_is_killed_at_any_moment_loses_no_entry(tmp_path: Path) -> None:
    """The long form, with servers and children, is tests/faults/arena_kills.py."""
    store = Store(f"sqlite:///{tmp_path / 'arena.db'}")
    records, noise = Entries(store), random.Random(1)
    entries = [an_entry(number, noise.choice(PEOPLE)) for number in range(30)]
    for entry in entries:
        records.add(entry)
    for _ in range(2):
        before = {one.id for one in records.judged()}
        running = worker(tmp_path, "judge")
        until_s = time.monotonic() + 60
        while len(records.judged()) == len(before) and running.poll() is None and time.monotonic() < until_s:
            time.sleep(0.01)
        time.sleep(noise.uniform(0, 0.1))
        running.send_signal(signal.SIGKILL)
        running.wait(60)
        assert before <= {one.id for one in records.judged()}
        assert records.entries() == [replace(entry, code="") for entry in entries]
    _judge(store, [], rest=noise)
    assert len({one.entry for one in records.judged()}) == 30 and records.store.skipped == ""
