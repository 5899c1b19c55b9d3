"""One board, one ruler: scores under the roofs of today, and roofs that are in doubt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from arena_records import FakeJudge, Judged, a_verdict, an_entry
from figure_records import ceilings
from test_store import NEW

from accel_core import wall
from accel_core.arena.event import Event
from accel_core.arena.rescoring import rescored
from accel_core.arena.roofs import HeldAgainst
from accel_core.judge.asked import Asked
from accel_core.judge.rounds import Timed, Track
from accel_core.judge.verdicts import Found, size_result, verdict
from accel_core.machine import detect
from accel_core.model import Ceiling, Shape, Verdict
from accel_core.registry import workload
from accel_core.store import Entries, Store, summary
from accel_core.studies import arena

EVENT = Event("quick", "Quick", "speed", "matmul", "float32", "one", ((64, 64, 64), (96, 96, 96)))
ROOFS = tuple(one for one in ceilings() if one.threads == 1)
PROBLEM = workload("matmul")


def higher(by: float, roofs: tuple[Ceiling, ...] = ROOFS, kind: str = "compute") -> tuple[Ceiling, ...]:
    """The same roofs, those of one kind so many times as high."""
    return tuple(
        replace(one, value=by * one.value, low=one.low and by * one.low, high=one.high and by * one.high)
        if one.kind == kind
        else one
        for one in roofs
    )


def judged(share: float, roofs: tuple[Ceiling, ...], **changed: Any) -> Verdict:
    """The judge's own verdict on times of `share` of the roofs ROOFS, held against `roofs`."""
    asked = Asked(EVENT, "code", 1, ceilings=roofs, entry="e")
    found = Found(seed=1, stage="times", null_s=1e-9)
    for shape in EVENT.shapes:
        found.sizes.append(size_result(asked, detect(), PROBLEM, shape, False, timed(shape, share), 1e-9))
    return replace(verdict(asked, detect(), found, None), **changed)


def timed(shape: Shape, share: float) -> Timed:
    median_ns = PROBLEM.flop(shape) / (share * 117.7e9) * 1e9
    track = Track("")
    for at in range(11):
        track.add(at, round(median_ns * (1 + 0.001 * (at - 5))))
    return Timed(track, (), 0.1)


def test_under_the_roofs_of_its_judging_a_verdict_is_what_it_was() -> None:
    made = judged(0.5, ROOFS)
    assert made.score == pytest.approx(50, rel=0.01) and made.score_low is not None
    assert rescored(made, EVENT, ROOFS) == made
    assert rescored(summary(made), EVENT, ROOFS) == summary(made)


def test_other_roofs_give_what_the_judge_would_have_given_under_them() -> None:
    for roofs in (higher(1.15), higher(0.001, kind="memory"), higher(0.9, higher(1.3, kind="memory"))):
        made, wanted = judged(0.5, ROOFS), judged(0.5, roofs)
        assert made.score != wanted.score
        now = rescored(made, EVENT, roofs)
        assert now == replace(wanted, id=made.id, created=made.created)
        short = rescored(summary(made), EVENT, roofs)
        assert (short.score, short.score_low, short.score_high, short.reason) == (
            *(wanted.score, wanted.score_low, wanted.score_high),
            wanted.reason,
        )


def test_a_higher_roof_frees_what_was_faster_than_a_low_one_and_a_lower_one_does_not_believe_it() -> None:
    fast = judged(1.0, higher(0.8))
    assert (fast.verdict, fast.score) == ("quarantined", None) and "64 x 64 x 64" in fast.reason
    free = rescored(fast, EVENT, ROOFS)
    assert free.verdict == "accepted" and free.score == pytest.approx(100, rel=0.01)
    assert free.reason == "It is right at every size, in every call that was timed."
    back = rescored(free, EVENT, higher(0.8))
    assert back == fast
    noisy = replace(fast, disturbed=True, disturbed_reason="Something else was running.")
    assert rescored(noisy, EVENT, ROOFS).verdict == "unsettled"


def test_what_has_no_score_or_no_roof_stays_as_it_is() -> None:
    made = judged(0.5, ROOFS)
    wrong = replace(made, verdict="refused", score=None, reason="Wrong.")
    assert rescored(wrong, EVENT, higher(2)) == wrong
    assert rescored(made, replace(EVENT, kind="misses"), higher(2)) == made
    assert rescored(made, EVENT, [one for one in ROOFS if one.kind == "compute"]) == made
    assert rescored(a_verdict(1, "e"), EVENT, higher(2)) == a_verdict(1, "e")


# -- doubt ---------------------------------------------------------------------------------------------------


def changed(**fields: Any) -> tuple[Ceiling, ...]:
    """ROOFS, of which the highest flat one is otherwise."""
    return tuple(replace(one, **fields) if one.value == 117.7e9 else one for one in ROOFS)


@pytest.mark.parametrize(
    ("roofs", "says"),
    [
        (changed(disturbed_reason="Something else was running."), "was disturbed when it was measured."),
        (changed(low=None, high=None, n=3), "has no interval: it was measured 3 times only."),
        (changed(low=0.9 * 117.7e9), "reaches 10 % below it."),
        (changed(low=0.96 * 117.7e9), ""),
    ],
)
def test_a_roof_in_doubt_is_named_in_the_verdict(roofs: tuple[Ceiling, ...], says: str) -> None:
    made = judged(0.5, roofs)
    assert made.score is not None
    assert made.reason.endswith(says) and ("may be too high" in made.reason) == bool(says)
    assert rescored(made, EVENT, ROOFS).reason == judged(0.5, ROOFS).reason
    assert rescored(judged(0.5, ROOFS), EVENT, roofs).reason == made.reason


def test_only_roofs_that_might_count_bring_doubt() -> None:
    def doubt(**which: Any) -> str:
        roofs = [
            replace(one, disturbed_reason="Busy.")
            if all(getattr(one, k) == v for k, v in which.items())
            else one
            for one in ROOFS
        ]
        held = HeldAgainst.of(roofs, "float32", 1)
        limit = held.limit(2 * 512**3, 12 * 512**2, "L3")
        assert limit is not None and limit.bound_by == "compute"
        return held.doubt([limit])

    assert doubt(width_bits=512) and doubt(width_bits=256, operation="fma")
    assert not doubt(width_bits=128) and not doubt(kind="memory")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(wall, "standing", lambda: type("Wall", (), {"stands": True, "reason": ""}))
    return Store(f"sqlite:///{tmp_path / 'arena.db'}")


def keep(store: Store, roofs: tuple[Ceiling, ...]) -> None:
    for one in roofs:
        store.save_peak(detect().fingerprint, NEW, one)


class Measuring(FakeJudge):
    """A judge before whom `roofs` are measured, and stored."""

    def __init__(self, roofs: tuple[Ceiling, ...]) -> None:
        super().__init__(lambda job, number: replace(judged(0.5, ()), verdict="refused", id=f"v{number}"))
        self.roofs, self.measured = roofs, 0

    def __call__(self, job: dict[str, Any], *given: Any, store: Store, **more: Any) -> Judged:
        if job["kind"] == "peaks":
            self.measured += 1
            keep(store, self.roofs)
        return super().__call__(job, *given, store=store, **more)


BUSY = tuple(replace(one, disturbed_reason="Busy.") for one in ROOFS)


@pytest.mark.parametrize("better", [ROOFS, BUSY])
def test_roofs_in_doubt_are_measured_once_more_and_then_judged_by(
    store: Store, better: tuple[Ceiling, ...]
) -> None:
    keep(store, tuple(replace(one, disturbed_reason="Busy.") for one in higher(0.8)))
    for number, name in enumerate(("Ada", "Bob")):
        Entries(store).add(an_entry(number, name))
    desk = Measuring(better)
    arena.judge_waiting(store=store, submit=desk, known=[EVENT])
    assert desk.measured == 1 and len(desk.asked) == 2
    for job in desk.asked:
        assert max(one["value"] for one in job["ceilings"] if one["kind"] == "compute") == 117.7e9
    arena.judge_waiting(store=store, submit=desk, known=[EVENT])
    assert desk.measured == 1, "where nothing waits nothing is measured"


# -- the board -----------------------------------------------------------------------------------------------


def test_a_board_holds_all_entries_against_the_same_roofs(store: Store) -> None:
    """Ada was judged under low roofs with 57, Bob under high ones with 55: he is faster."""
    records, here = Entries(store), detect().fingerprint
    for number, (name, share, roofs) in enumerate((("Ada", 0.5, higher(0.87)), ("Bob", 0.55, ROOFS))):
        entry = an_entry(number, name, id=name)
        records.add(entry)
        first = judged(share, roofs, entry=name, id=f"{name} 1")
        records.add(first)
        records.add(replace(first, id=f"{name} 2", confirms=first.id))
    before = arena.board(EVENT, here, store=store)
    assert [row.person for row in before] == ["Ada", "Bob"] and arena.roofs_today(EVENT, here, store) is None
    keep(store, ROOFS)
    after = arena.board(EVENT, here, store=store)
    assert [row.person for row in after] == ["Bob", "Ada"]
    assert [row.score for row in after] == pytest.approx([55, 50], rel=0.01)
    assert all(
        row.low is not None and row.high is not None and row.low < row.score < row.high
        for row in after
        if row.score
    )
    now, roofs = arena.verdict_today("Ada 2", store, {EVENT.name: EVENT}), arena.roofs_today(EVENT, here, store)
    assert now is not None and now.score == after[1].score
    assert roofs is not None and roofs.flop_per_s == 117.7e9 and roofs.bandwidth_byte_per_s["DRAM"] == 35e9


def test_a_verdict_whose_summary_has_no_sizes_is_read_whole(store: Store) -> None:
    from sqlalchemy import update

    from accel_core.store.tables import VERDICTS
    from accel_core.studies.arena.today import rescored_all

    records = Entries(store)
    made = judged(0.5, higher(0.5), id="old")
    records.add(made)
    old = {name: said for name, said in summary(made).to_dict().items() if name != "sizes"}
    with store.database.writing() as connection:
        connection.execute(update(VERDICTS).values(summary=old))
    keep(store, ROOFS)
    (one,) = records.judged()
    assert one.sizes == ()
    (now,) = rescored_all([one], [EVENT], records)
    assert now.score == pytest.approx(50, rel=0.01)
