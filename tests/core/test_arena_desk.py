"""The arena's desk: what is taken, who is judged when, and what stands on the board."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from arena_records import CODE, COUNTING, EVENT, FakeJudge, Judged, a_verdict, an_entry, moment, soon
from figure_records import peaks
from test_store import NEW

from accel_core import wall
from accel_core.errors import BadInput, JobCancelled, JobFailed, QueueFull, StoreUnavailable
from accel_core.hall.gate import Gate
from accel_core.machine import detect
from accel_core.model import ArenaEntry
from accel_core.runner.visitors import Visitor
from accel_core.store import Entries, Store, persons
from accel_core.studies import arena
from accel_core.studies.arena import handing, judging
from accel_core.studies.arena.alone import JudgedElsewhere, alone
from accel_core.studies.arena.standing import in_turn, standings, to_judge
from accel_core.studies.arena.tries import Limit, Tries

PHRASE = "correct horse"


@pytest.fixture(autouse=True)
def standing_wall(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What the wall says of itself in these tests."""
    said = SimpleNamespace(stands=True, reason="")
    monkeypatch.setattr(wall, "standing", lambda: said)
    return said


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """scrypt that takes no time."""
    monkeypatch.setattr(persons, "LOG2_N", 4)
    monkeypatch.setattr(persons, "P", 1)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(f"sqlite:///{tmp_path / 'arena.db'}")


def here() -> str:
    return detect().fingerprint


def hand_in(store: Store, person: str = "Ada", **changes: object) -> ArenaEntry:
    given = {"event": EVENT, "person": person, "passphrase": PHRASE, "code": CODE, "store": store, **changes}
    return arena.hand_in(**given)  # type: ignore[arg-type]


def judge(store: Store, say: FakeJudge, **changes: object) -> list[str]:
    """The entries in the order in which their verdicts came."""
    given = {"store": store, "submit": say, "known": [EVENT, COUNTING], **changes}
    return [one.entry for one in arena.judge_waiting(**given)]  # type: ignore[arg-type]


def scoring(**scores: float) -> FakeJudge:
    """A judge that gives each person's entries a score of theirs, every time the same."""
    return FakeJudge(lambda job, number: soon(number, scores.get(job["code"], 50.0)))


def scores(store: Store) -> list[tuple[int | None, str, float | None]]:
    return [(row.rank, row.person, row.score) for row in arena.board(EVENT, here(), store=store)]


# -- what is taken -------------------------------------------------------------------------------------------


def test_an_entry_is_stored_as_it_came_before_anything_is_queued(store: Store) -> None:
    made = hand_in(store, open=True)
    assert Entries(store).entry(made.id) == made and made.code == CODE and made.open
    (past,) = arena.history("ada", here(), store=store)
    assert (past.status, past.said, past.best) == ("waiting", "It waits for its verdict.", False) and past.waits
    Entries(store).add(a_verdict(1, made.id, fingerprint=here()))
    (past,) = arena.history("ada", here(), store=store)
    assert past.waits and past.said == "It was accepted, and is judged once more, because it may be your best."


def test_where_the_store_does_not_take_it_nothing_was_handed_in(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()
    with pytest.raises(StoreUnavailable):
        hand_in(Store(f"sqlite:///{tmp_path / 'records.db'}"))
    assert not list(tmp_path.glob("*.unsaved"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"code": b"#" * (64 * 1024 + 1)}, "longer than 64 KiB"),
        ({"code": b"def f(): '\xff'"}, "no UTF-8 text, from its byte 10 on"),
        ({"event": replace(EVENT, deadline="2026-01-31T12:00:00+00:00")}, "closed at 2026-01-31 12:00 UTC"),
        ({"built_on": "nobody's"}, 'no entry "nobody\'s" in quick to build on'),
        ({"person": "a\u202eda"}, "no nickname"),
        ({"passphrase": "short"}, "8 to 200 characters"),
        ({"passphrase": None}, "Nobody has the nickname"),
    ],
)
def test_what_is_not_taken_is_said_in_one_sentence(store: Store, given: dict[str, object], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        hand_in(store, **given)
    assert Entries(store).entries() == []


def test_64_kib_are_taken(store: Store) -> None:
    assert hand_in(store, code=b"#" * (64 * 1024)).code == "#" * 65536


def test_without_a_wall_nothing_is_taken_tried_or_judged(store: Store, standing_wall: SimpleNamespace) -> None:
    hand_in(store)
    standing_wall.stands, standing_wall.reason = False, "bwrap is not installed."
    for act in (
        lambda: hand_in(store),
        lambda: arena.try_out(EVENT, CODE, "page", store=store),
        lambda: judge(store, scoring()),
    ):
        with pytest.raises(BadInput, match=r"the wall does not stand\. bwrap is not installed\."):
            act()
    assert "bwrap" in arena.may_hand_in(EVENT)
    standing_wall.stands = True
    assert arena.may_hand_in(EVENT) == "" and len(judge(store, scoring())) == 2


def test_who_comes_too_often_within_an_hour_waits(store: Store) -> None:
    for _ in range(EVENT.tries_per_hour):
        hand_in(store)
    with pytest.raises(BadInput, match=r"5 times within an hour \(5 is the most\): the next is taken from"):
        hand_in(store)
    assert hand_in(store, "Bob")


def test_a_page_may_try_so_often_and_a_command_as_often_as_it_likes(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(handing, "submit", lambda job, owner, **more: asked.append(owner))
    tries, page = Tries(), Visitor("tab", "browser")
    for owner in "abcde":
        arena.try_out(EVENT, CODE, owner, store=store, visitor=page, tries=tries)
    with pytest.raises(QueueFull, match=r"5 times within an hour, the most: the next is taken in 60 min\."):
        arena.try_out(EVENT, CODE, "f", store=store, visitor=page, tries=tries)
    arena.try_out(EVENT, CODE, "g", store=store, visitor=Visitor("other"), tries=tries)
    arena.try_out(EVENT, CODE, "h", store=store, tries=tries)
    assert asked == list("abcdegh")


def test_neither_a_new_nickname_nor_a_new_browser_has_more_than_its_address(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tries and entries count together, those of other addresses and of commands do not."""
    monkeypatch.setattr(handing, "submit", lambda job, owner, **more: None)
    monkeypatch.setenv("ACCEL_TRIES_PER_ADDRESS", "3")
    now = [0.0]
    tries = Tries(lambda: now[0])

    def visitor(number: int, address: str = "2001:db8::") -> Visitor:
        return Visitor(f"tab{number}", f"browser{number}", f"{address}{number}")

    def hand_in_from(number: int, address: str = "2001:db8::") -> ArenaEntry:
        return hand_in(store, f"Ada{number}", visitor=visitor(number, address), tries=tries)

    def try_out(number: int) -> None:
        arena.try_out(EVENT, CODE, f"page{number}", store=store, visitor=visitor(number), tries=tries)

    hand_in_from(1)
    try_out(2)
    now[0] = 600.0
    hand_in_from(3)
    said = r"3 tries and entries came from your network .* \(ACCEL_TRIES_PER_ADDRESS\): .* in 50 min\."
    for act in (hand_in_from, try_out):
        with pytest.raises(QueueFull, match=said):
            act(4)
    assert not arena.is_known("Ada4", store)  # whoever is refused has not taken a nickname
    assert hand_in_from(4, "2001:db9::") and hand_in(store, "Ada5", tries=tries)
    now[0] = 3601.0  # two of the three are older than an hour
    try_out(4)
    hand_in_from(4)
    with pytest.raises(QueueFull, match=r"in 10 min\."):
        try_out(6)


def test_what_was_not_taken_counts_for_no_address(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_TRIES_PER_ADDRESS", "1")

    def full(job: object, owner: str, **more: object) -> None:
        raise QueueFull("There is no room.")

    monkeypatch.setattr(handing, "submit", full)
    tries, page = Tries(), Visitor("tab", "browser", "10.0.0.1")
    with pytest.raises(QueueFull, match="no room"):
        arena.try_out(EVENT, CODE, "page", store=store, visitor=page, tries=tries)
    with pytest.raises(BadInput, match="to build on"):
        hand_in(store, built_on="nobody's", visitor=page, tries=tries)
    assert hand_in(store, visitor=page, tries=tries)


# -- who somebody is -----------------------------------------------------------------------------------------


def test_the_first_has_a_nickname_whatever_its_capitals(store: Store) -> None:
    assert not arena.is_known("Ada", store)
    assert arena.sign_in("Ada", PHRASE, store=store) == "Ada"
    assert arena.sign_in(" aDA ", PHRASE, store=store) == arena.signed_in("ada", store) == "Ada"
    with pytest.raises(BadInput, match="'Ada' has another passphrase"):
        hand_in(store, "ADA", passphrase="another one")
    assert Entries(store).entries() == []


def test_wrong_passphrases_are_limited_by_the_minute_and_the_address(store: Store) -> None:
    now = [0.0]
    wrong = Limit(10, 60.0, lambda: now[0])
    arena.sign_in("Ada", PHRASE, store=store)

    def sign_in(phrase: str, address: str = "10.0.0.1") -> str:
        return arena.sign_in("Ada", phrase, address=address, store=store, wrong=wrong)

    for _ in range(10):
        with pytest.raises(BadInput, match="another passphrase"):
            sign_in("wrong one")
    with pytest.raises(BadInput, match="wait a minute"):
        sign_in(PHRASE)
    with pytest.raises(BadInput, match="wait a minute"):
        sign_in(PHRASE, "::ffff:10.0.0.1")
    assert sign_in(PHRASE, "10.0.0.2") == "Ada"
    now[0] = 61.0
    assert sign_in(PHRASE) == "Ada"


# -- whose turn it is ----------------------------------------------------------------------------------------


def test_people_take_turns_however_much_one_of_them_handed_in(store: Store) -> None:
    mine = [hand_in(store).id for _ in range(3)]
    others = [hand_in(store, name).id for name in ("Bob", "Cid")]
    said = FakeJudge(lambda job, number: soon(number, None, verdict="refused"))
    assert judge(store, said) == [mine[0], *others, *mine[1:]]
    assert said.owners[:3] == ["arena ada", "arena bob", "arena cid"]


def test_of_each_person_one_entry_is_queued_at_a_time(store: Store) -> None:
    for name in ("Ada", "Ada", "Bob"):
        hand_in(store, name)
    held: list[Any] = []

    class Slow(FakeJudge):
        def __call__(self, job: dict[str, Any], *given: Any, **more: Any) -> Judged:
            done = super().__call__(job, *given, **more)
            if job["kind"] == "arena":
                held.append(job)
                done.wait = lambda timeout_s=None: len(held) >= 2  # type: ignore[method-assign]
            return done

    slow = Slow(lambda job, number: soon(number, None, verdict="refused"))
    judge(store, slow)
    assert slow.owners == ["arena ada", "arena bob", "arena ada"]


def test_a_new_best_is_judged_again_and_its_second_score_counts(store: Store) -> None:
    say = FakeJudge(lambda job, number: soon(number, {1: 70.0, 2: 60.0}[number]))
    made = hand_in(store)
    assert judge(store, say) == [made.id, made.id]
    assert [bool(job["confirms"]) for job in say.asked] == [False, True]
    assert scores(store) == [(1, "Ada", 60.0)]
    (past,) = arena.history("Ada", here(), store=store)
    assert past.best and past.status == "confirmed" and len(past.verdicts) == 2


def test_what_is_no_new_best_is_not_judged_again_and_costs_nothing(store: Store) -> None:
    good, bad = hand_in(store, code="good"), hand_in(store, code="bad")
    assert judge(store, scoring(good=60.0, bad=30.0)) == [good.id, bad.id, good.id]
    assert scores(store) == [(1, "Ada", 60.0)]
    newest, oldest = arena.history("Ada", here(), store=store)
    assert (newest.status, newest.best, oldest.best) == ("accepted", False, True)
    assert not newest.waits and "so it is not judged once more" in newest.said


def test_a_lucky_run_that_is_not_confirmed_takes_no_place(store: Store) -> None:
    """60 is confirmed; then 90 at first and 40 when it is judged again: the 60 stays."""
    told = iter([60.0, 60.0, 90.0, 40.0])
    say = FakeJudge(lambda job, number: soon(number, next(told)))
    hand_in(store)
    judge(store, say)
    hand_in(store)
    judge(store, say)
    assert scores(store) == [(1, "Ada", 60.0)] and next(told, None) is None


def test_a_confirming_that_fails_takes_the_entry_off(store: Store) -> None:
    say = FakeJudge(
        lambda job, number: (
            soon(number) if number == 1 else soon(number, None, verdict="refused", reason="Wrong.")
        )
    )
    hand_in(store)
    judge(store, say)
    (past,) = arena.history("Ada", here(), store=store)
    assert scores(store) == [] and (past.status, past.said) == ("refused", "Wrong.")


def test_a_disturbed_machine_is_asked_three_times_and_then_that_is_said(store: Store) -> None:
    noisy = FakeJudge(lambda job, number: soon(number, None, verdict="unsettled"))
    made = hand_in(store)
    assert judge(store, noisy) == [made.id] * 3
    assert judge(store, noisy) == []
    (past,) = arena.history("Ada", here(), store=store)
    assert "disturbed 3 times" in past.said and past.status == "unsettled"
    assert judge(store, noisy, again=True) == [made.id] * 3
    assert judge(store, scoring(), again=True) == [made.id, made.id]
    assert len(scores(store)) == 1


def test_what_is_right_and_too_short_to_be_ranked_has_no_place_and_is_judged_once(store: Store) -> None:
    say = FakeJudge(lambda job, number: soon(number, None, reason="There is no score."))
    made = hand_in(store)
    assert judge(store, say) == [made.id] and judge(store, say) == [] and store.skipped == ""
    (past,) = arena.history("Ada", here(), store=store)
    assert (past.status, past.said, past.waits) == ("accepted", "There is no score.", False)
    assert scores(store) == []


def test_a_judge_that_ends_without_a_verdict_counts_as_disturbed(store: Store) -> None:
    broken = FakeJudge(lambda job, number: JobFailed("It was killed."))
    made = hand_in(store)
    assert judge(store, broken) == [made.id] * 3 and judge(store, broken) == []
    (found, *_) = Entries(store).judged()
    assert (found.verdict, found.reason) == ("unsettled", "The judge ended before its verdict. It was killed.")


def test_what_is_cancelled_waits_on(store: Store) -> None:
    made = hand_in(store)
    with pytest.raises(JobCancelled):
        judge(store, FakeJudge(lambda job, number: JobCancelled("Stopped.")))
    assert Entries(store).judged() == []
    assert judge(store, scoring()) == [made.id, made.id]


def test_who_stops_the_judge_cancels_what_runs(store: Store) -> None:
    hand_in(store)
    job = SimpleNamespace(results=[], failure=None, warnings=[], wait=lambda timeout_s=None: False)
    ended: list[bool] = []
    job.cancel = lambda: ended.append(True)
    asked: list[str] = []

    def submit(given: dict[str, str], *more: object, **named: object) -> object:
        asked.append(given["kind"])
        return job

    for part in peaks().ceilings:
        store.save_peak(here(), NEW, part)
    judge(store, submit, stop=lambda: bool(asked))  # type: ignore[arg-type]
    assert ended == [True] and Entries(store).judged() == []


def test_a_verdict_that_the_store_does_not_take_is_neither_lost_nor_asked_for_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = hand_in(store)
    insert = Store._insert

    def refuse(self: Store, entries: object) -> None:
        raise StoreUnavailable("The disk is full.")

    monkeypatch.setattr(Store, "_insert", refuse)
    told: list[str] = []
    assert judge(store, scoring(), tell=told.append) == [made.id, made.id]
    assert Entries(store).judged() == [] and all("The verdict waits in" in said for said in told)
    monkeypatch.setattr(Store, "_insert", insert)
    assert judge(store, scoring()) == []
    assert scores(store) == [(1, "Ada", 50.0)]


def test_one_program_judges_at_a_time(store: Store) -> None:
    hand_in(store)
    with alone(store), pytest.raises(JudgedElsewhere, match="Another program"):
        judge(store, scoring())
    assert judge(store, scoring())


def test_an_event_that_is_no_more_keeps_its_entries_waiting(store: Store) -> None:
    made = hand_in(store)
    assert judge(store, scoring(), known=[COUNTING]) == []
    assert judge(store, scoring()) == [made.id, made.id]


# -- machines ------------------------------------------------------------------------------------------------


def test_each_machine_has_its_board_and_leaves_alone_what_another_has_judged(store: Store) -> None:
    made = hand_in(store)
    for number, first in ((1, ""), (2, "verdict1")):
        Entries(store).add(a_verdict(number, made.id, 77.0, fingerprint="other", confirms=first))
    assert [row.score for row in arena.board(EVENT, "other", store=store)] == [77.0]
    assert judge(store, scoring()) == [] and scores(store) == []
    assert judge(store, scoring(), elsewhere=True) == [made.id, made.id]
    assert scores(store) == [(1, "Ada", 50.0)]


def test_where_no_clock_is_asked_the_first_verdict_counts_on_every_machine(store: Store) -> None:
    made = hand_in(store, event=COUNTING)
    say = FakeJudge(lambda job, number: soon(number, 80.0, event=COUNTING.name))
    assert judge(store, say) == [made.id]
    (row,) = arena.board(COUNTING, "another machine", store=store)
    assert (row.rank, row.score) == (1, 80.0)


def test_missing_roofs_are_measured_once_before_the_first_entry(store: Store) -> None:
    known = peaks()
    job = arena.missing_roofs(EVENT, store=store)
    assert job is not None and (job["kind"], job["dtypes"], job["threads"]) == ("peaks", ["float32"], [1])
    assert arena.missing_roofs(COUNTING, store=store) is None
    roofs: list[Any] = []

    class Measuring(FakeJudge):
        def __call__(self, job: dict[str, Any], *given: Any, **more: Any) -> Judged:
            done = super().__call__(job, *given, **more)
            if job["kind"] == "peaks":
                roofs.append(job)
                done.results = [*known.ceilings]
            return done

    for name in ("Ada", "Bob"):
        hand_in(store, name)
    say = Measuring(lambda job, number: soon(number, None, verdict="refused"))
    judge(store, say)
    assert len(roofs) == 1 and len(say.asked) == 2
    for job in say.asked:
        assert job["ceilings"] and {one["threads"] for one in job["ceilings"]} == {1}


def test_roofs_on_record_are_not_measured_again(store: Store) -> None:
    for part in [one for one in peaks().ceilings if one.threads == 1]:
        store.save_peak(here(), NEW, part)
    assert arena.missing_roofs(EVENT, store=store) is None
    assert arena.missing_roofs(replace(EVENT, dtype="float64"), store=store) is not None
    two = replace(detect(), cores=replace(detect().cores, allowed=2))
    assert arena.missing_roofs(replace(EVENT, division="all"), store=store, machine=two) is not None


# -- the board -----------------------------------------------------------------------------------------------


def confirmed(store: Store, entry: ArenaEntry, score: float, number: int) -> None:
    records = Entries(store)
    records.add(entry)
    records.add(a_verdict(number, entry.id, score, fingerprint=here()))
    records.add(a_verdict(number + 1, entry.id, score, fingerprint=here(), confirms=f"verdict{number}"))


@pytest.fixture
def full(store: Store) -> Store:
    """Ada 80, Bob 79.9 on Ada's code, Cid 60 and before that 55."""
    confirmed(store, an_entry(1, "Ada"), 80.0, 10)
    confirmed(store, an_entry(2, "Bob", built_on="entry1", open=True), 79.9, 20)
    confirmed(store, an_entry(3, "Cid"), 55.0, 30)
    confirmed(store, an_entry(4, "Cid"), 60.0, 40)
    return store


def test_who_cannot_be_told_apart_shares_a_rank_and_of_each_the_best_stands(full: Store) -> None:
    rows = arena.board(EVENT, here(), store=full)
    assert [(row.rank, row.shared, row.person, row.entry) for row in rows] == [
        (1, True, "Ada", "entry1"),
        (1, True, "Bob", "entry2"),
        (3, False, "Cid", "entry4"),
    ]
    assert [row.built_on for row in rows] == ["", "Ada", ""]
    assert [row.readable for row in rows] == [False, True, False]
    assert (rows[0].low, rows[0].high, rows[0].verdict, rows[0].when) == (79.0, 81.0, "verdict11", moment(1))


def judged_twice(store: Store, people: Sequence[tuple[str, float, float]]) -> None:
    """An entry of each person with its first and its confirming score."""
    records = Entries(store)
    for number, (person, first, second) in enumerate(people):
        entry = an_entry(number, person)
        records.add(entry)
        records.add(a_verdict(10 * number, entry.id, first, fingerprint=here()))
        confirming = a_verdict(10 * number + 1, entry.id, second, fingerprint=here())
        records.add(replace(confirming, confirms=f"verdict{10 * number}"))


def test_the_interval_spans_both_judgings_so_that_equal_code_shares_a_rank(store: Store) -> None:
    """The same code twice: each of its runs is narrow, and they lie apart from one process to the next."""
    judged_twice(store, (("Ada", 60.0, 66.0), ("Bob", 65.0, 61.0)))
    rows = arena.board(EVENT, here(), store=store)
    assert [(row.rank, row.person, row.score, row.low, row.high) for row in rows] == [
        (1, "Ada", 66.0, 59.0, 67.0),
        (1, "Bob", 61.0, 60.0, 66.0),
    ]


JUDGED = (
    ("Ada", 66.0, 66.0),
    ("Bob", 62.0, 62.0),
    ("Cid", 50.0, 55.0),
    ("Dot", 40.0, 44.0),
    ("Eve", 30.0, 33.0),
)
"""Each person's first and confirming score, each within 1."""


@pytest.mark.parametrize(
    ("people", "ranks"),
    [
        # most differ by a tenth, so that 66 and 62 are no different entries, whatever their own judgings say
        (JUDGED, {"Ada": 1, "Bob": 1, "Cid": 1, "Dot": 4, "Eve": 5}),
        # three do not show how far judgings differ, so each interval is that of its own two
        (JUDGED[:3], {"Ada": 1, "Bob": 2, "Cid": 3}),
        # one whose judgings were made to differ widens nobody's interval but its own
        (
            (
                ("Ada", 66.0, 66.0),
                ("Bob", 60.0, 60.0),
                ("Cid", 50.0, 50.0),
                ("Dot", 40.0, 40.0),
                ("Eve", 9.0, 38.0),
            ),
            {"Ada": 1, "Bob": 2, "Cid": 3, "Dot": 4, "Eve": 4},
        ),
    ],
    ids=["five", "three", "one of five"],
)
def test_ranks_are_shared_as_far_as_judgings_of_one_code_differ(
    store: Store, people: tuple[tuple[str, float, float], ...], ranks: dict[str, int]
) -> None:
    judged_twice(store, people)
    rows = arena.board(EVENT, here(), store=store)
    assert {row.person: row.rank for row in rows} == ranks


def presenter(store: Store, entry: str, what: str, reason: str = "Copied.") -> None:
    door = Gate("open sesame")
    door.admit("open sesame", "browser", "")
    arena.rule(entry, what, reason, browser="browser", store=store, door=door)


def test_only_the_presenter_rules_and_gives_a_reason(full: Store) -> None:
    with pytest.raises(BadInput, match="Only the presenter"):
        arena.rule("entry1", "annul", "x", browser="browser", store=full, door=Gate("open sesame"))
    with pytest.raises(BadInput, match="Only the presenter"):
        arena.rule("entry1", "annul", "x", browser="", store=full, door=Gate("open sesame"))
    for entry, what, reason, says in (
        ("entry9", "annul", "x", "no entry 'entry9'"),
        ("entry1", "delete", "x", "use annul, hide, restore"),
        ("entry1", "annul", "  ", "Give a reason"),
        ("entry1", "annul", "a\x1b[2J", "Give a reason"),
    ):
        with pytest.raises(BadInput, match=says):
            presenter(full, entry, what, reason)
    assert Entries(full).rulings() == []


def test_an_annulled_entry_stands_last_with_its_reason_and_the_next_best_counts(full: Store) -> None:
    presenter(full, "entry4", "annul")
    rows = arena.board(EVENT, here(), store=full)
    assert [(row.rank, row.person, row.score, row.reason) for row in rows[2:]] == [
        (3, "Cid", 55.0, ""),
        (None, "Cid", 60.0, "Copied."),
    ]
    presenter(full, "entry4", "restore", "It was not.")
    assert [row.score for row in arena.board(EVENT, here(), store=full)] == [80.0, 79.9, 60.0]


def test_an_entry_that_hoped_is_confirmed_once_the_better_one_is_annulled(store: Store) -> None:
    good, fair = hand_in(store, code="good"), hand_in(store, code="fair")
    say = scoring(good=60.0, fair=30.0)
    judge(store, say)
    presenter(store, good.id, "annul")
    assert judge(store, say) == [fair.id]
    assert scores(store) == [(1, "Ada", 30.0), (None, "Ada", 60.0)]


def test_an_annulled_entry_is_not_judged(store: Store) -> None:
    made = hand_in(store)
    presenter(store, made.id, "annul")
    assert judge(store, scoring()) == []
    assert arena.history("Ada", here(), store=store)[0].said == "It was annulled: Copied."


def test_a_hidden_entry_keeps_its_rank_without_name_and_code(full: Store) -> None:
    presenter(full, "entry1", "hide", "A rude name.")
    rows = arena.board(EVENT, here(), store=full)
    assert [(row.rank, row.person, row.built_on) for row in rows] == [
        (1, "hidden", ""),
        (1, "Bob", "hidden"),
        (3, "Cid", ""),
    ]
    assert (rows[0].ruled, rows[0].reason) == ("hide", "A rude name.")
    over = replace(EVENT, deadline="2026-01-31T12:00:00+00:00")
    assert arena.code_of("entry1", over, store=full) is None
    assert arena.code_of("entry1", over, store=full, person="ada") == CODE


def test_code_is_read_by_its_author_and_after_the_deadline_by_all(full: Store) -> None:
    assert arena.code_of("entry1", EVENT, store=full) is None
    assert arena.code_of("entry1", EVENT, store=full, person="ADA") == CODE
    assert arena.code_of("entry2", EVENT, store=full) == CODE  # its author said so
    closing = replace(EVENT, deadline="2026-01-31T12:00:00+00:00")
    assert arena.code_of("entry1", closing, store=full, now="2026-01-31T11:59:59+00:00") is None
    assert arena.code_of("entry1", closing, store=full, now="2026-01-31T12:00:01+00:00") == CODE
    assert arena.code_of("entry1", COUNTING, store=full) is None


def test_a_persons_equal_scores_leave_the_first_on_the_board(store: Store) -> None:
    for number, place in ((5, 50), (2, 20)):
        confirmed(store, an_entry(number), 60.0, place)
    (row,) = arena.board(EVENT, here(), store=store)
    assert row.entry == "entry2"
    assert [past.best for past in arena.history("Ada", here(), store=store)] == [False, True]


def test_turns_go_by_who_waits_longest_since_they_were_served() -> None:
    entries = [an_entry(1, "Ada"), an_entry(2, "Ada"), an_entry(3, "Bob"), an_entry(4, "Cid")]
    persons = {entry.id: entry.person for entry in entries}
    judged = [judging.summary(a_verdict(10, "entry1")), judging.summary(a_verdict(11, "entry4", 40.0))]
    found = in_turn(to_judge(standings(entries, judged, [], "fp")), judged, persons)
    assert [(todo.entry.person, todo.entry.id, bool(todo.confirms)) for todo in found] == [
        ("Bob", "entry3", False),
        ("Ada", "entry2", False),
        ("Cid", "entry4", True),
    ]


def test_while_jobs_run_the_store_is_read_only_where_something_came(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judging, "LOOK_S", 1e-6)
    read: list[int] = []
    entries = Entries.entries
    monkeypatch.setattr(Entries, "entries", lambda self, *given: read.append(1) or entries(self, *given))
    late: list[int] = []

    class Late(FakeJudge):
        def __call__(self, *given: Any, **more: Any) -> Judged:
            done = super().__call__(*given, **more)
            if given[0]["kind"] == "arena":
                done.wait = lambda timeout_s=None: late.append(1) or len(late) > 9  # type: ignore[method-assign]
            return done

    Entries(store).add(an_entry(1))
    judge(store, Late(lambda job, number: soon(number, None, verdict="refused")))
    assert len(read) == 3  # at first, as the verdict was stored, and after it
