"""A hall: no guess is lost or counted twice, none is seen before the reveal, a restart loses nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from accel_core.errors import BadInput
from accel_core.hall import (
    ASK,
    COMMIT,
    DISCUSS,
    END,
    JOIN,
    REVEAL,
    RUN,
    STEPS,
    VOTING,
    Closed,
    Found,
    Gate,
    Hall,
    Halls,
)
from accel_core.hall.gate import TRIES, WITHIN_S, new_token
from accel_core.hall.halls import LETTERS, LONG
from accel_core.hall.view import DISCUSS_S, left_s, view
from accel_core.lessons import LESSONS, lesson

LESSON = "library"
FOUND = Found(
    12345.0, 12000.0, 13000.0, {}, "What it means.", "A processor", "2026-11-27T22:00:00+00:00", False
)
VOTERS = [f"voter{number}" for number in range(5)]


class Lecture(RuleBasedStateMachine):
    """Whatever the presenter presses and phones send, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.hall = Hall("CDFH", [LESSON, LESSON])
        self.last: dict[tuple[int, str, str], str] = {}
        """(question, vote, voter) -> what was taken last."""

    @rule(press=st.sampled_from(["forward", "forward", "forward", "back", "to_run", "leave_out"]))
    def press(self, press: str) -> None:
        getattr(self.hall, press)()

    @precondition(lambda self: self.hall.step == RUN)
    @rule()
    def run(self) -> None:
        self.hall.find(self.hall.at, FOUND)

    @rule(voter=st.sampled_from(VOTERS), said=st.integers(1, 9999), late=st.sampled_from([0, 0, 0, 1]))
    def vote(self, voter: str, said: int, late: int) -> None:
        at, step = self.hall.at - late, self.hall.step
        try:
            self.hall.vote(voter, at, step, str(said))
        except Closed:
            assert late or self.hall.step not in VOTING
        else:
            assert not late and not self.hall.question.revealed
            self.last[at, step, voter] = str(said)

    @rule()
    def restart(self) -> None:
        self.hall = Hall.from_dict(json.loads(json.dumps(self.hall.to_dict())))

    @invariant()
    def every_guess_is_there_once(self) -> None:
        kept = {
            (at, step, voter): said
            for at, asked in enumerate(self.hall.asked)
            for step in VOTING
            for voter, said in asked.votes(step).items()
        }
        assert kept == self.last

    @invariant()
    def nothing_is_seen_before_its_time(self) -> None:
        for voter in (*VOTERS, "latecomer"):
            seen = view(self.hall, voter)
            at = seen.get("at")
            own = {self.last.get((at, step, voter)) for step in VOTING} - {None}
            assert {seen.get("first"), seen.get("second")} - {None} == (own if at is not None else set())
            assert ("found" in seen) == (self.hall.step == REVEAL and self.hall.question.found is not None)
            assert "voter" not in json.dumps(seen)


TestLecture = Lecture.TestCase
TestLecture.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


def at_step(step: str, lessons: tuple[str, ...] = (LESSON,)) -> Hall:
    hall = Hall("CDFH", lessons)
    while hall.step != step:
        if hall.step == RUN:
            hall.find(hall.at, FOUND)
        hall.forward()
    return hall


def test_a_lecture_goes_through_all_steps_of_all_questions_and_ends() -> None:
    hall, went = Hall("CDFH", [LESSON, "order"]), []
    while hall.step != END:
        if hall.step == RUN:
            hall.find(hall.at, FOUND)
        went.append((hall.at, hall.step))
        hall.forward()
    assert went == [(0, JOIN), *((at, step) for at in (0, 1) for step in STEPS)]


def test_nothing_is_revealed_before_it_was_found() -> None:
    hall = at_step(RUN)
    hall.forward()
    assert hall.step == RUN


def test_a_question_that_was_revealed_takes_no_guess_again() -> None:
    hall, stood = at_step(REVEAL), set[str]()
    for _ in range(6):
        hall.back()
        stood.add(hall.step)
    assert stood == {RUN, REVEAL}


def test_a_key_that_is_pressed_twice_at_one_turn_counts_once() -> None:
    hall = at_step(ASK)
    seen = hall.turn
    hall.forward(seen)
    hall.forward(seen)
    assert hall.step == COMMIT


@pytest.mark.parametrize("step", STEPS)
def test_who_comes_late_lands_where_the_hall_is(step: str) -> None:
    seen = view(at_step(step), "latecomer")
    assert (seen["step"], seen["at"], seen["of"]) == (step, 0, 1)
    assert seen["question"] == lesson(LESSON).question and seen["form"]["kind"] == "number"


def test_a_phone_is_told_at_the_reveal_how_far_off_it_was() -> None:
    hall = at_step(COMMIT)
    hall.vote("me", 0, COMMIT, "100")
    while hall.step != REVEAL:
        hall.find(0, FOUND)
        hall.forward()
    seen = view(hall, "me")
    assert "too low" in seen["beside"] and seen["found"].endswith("times") and not seen["recorded"]


@pytest.mark.parametrize("said", ["", "nan", "-1", "inf", "many", "1" * 500, None, 7, ["1"], {"a": 1}])
def test_what_is_no_guess_is_refused_and_leaves_the_last_one(said: object) -> None:
    hall = at_step(COMMIT)
    hall.vote("me", 0, COMMIT, "100")
    with pytest.raises(BadInput):
        hall.vote("me", 0, COMMIT, said)
    assert hall.question.first == {"me": "100"}


@pytest.mark.parametrize("at", [True, False, 0.5, "0", None, -1, 1, [0]])
def test_a_guess_to_another_question_is_not_counted(at: object) -> None:
    hall = at_step(COMMIT)
    with pytest.raises(Closed):
        hall.vote("me", at, COMMIT, "100")
    assert not hall.question.first


def test_the_discussion_is_timed_over_a_restart() -> None:
    clock = [1000.0]
    hall = Hall("CDFH", [LESSON], lambda: clock[0])
    for _ in range(3):
        hall.forward()
    assert hall.step == DISCUSS
    clock[0] += 30
    again = Hall.from_dict(hall.to_dict(), lambda: clock[0])
    assert left_s(again) == DISCUSS_S - 30
    clock[0] += 1000
    assert left_s(again) == 0


def test_phones_are_counted_while_they_ask() -> None:
    hall = Hall("CDFH", [LESSON])
    hall.see("a", 0.0)
    hall.see("b", 15.0)
    hall.see("b", 16.0)
    assert hall.phones(16.0) == 2
    assert hall.phones(30.0) == 1
    assert hall.phones(60.0) == 0


# -- files ---------------------------------------------------------------------------------------------------


def test_a_restarted_server_goes_on_where_it_was(tmp_path: Path) -> None:
    halls = Halls(lambda: tmp_path)
    hall = halls.open([LESSON, "order"])
    for _ in range(2):
        hall.forward()
    hall.vote("me", 0, COMMIT, "100")
    halls.keep(hall)
    turn = hall.turn
    halls.forget()
    found = halls.find(hall.code.lower())
    assert found is not None and found is not hall and found.turn > turn
    assert found.step == COMMIT and found.question.first == {"me": "100"}
    assert [one.code for one in halls.recent()] == [hall.code]


def test_two_halls_do_not_mix(tmp_path: Path) -> None:
    halls = Halls(lambda: tmp_path)
    one, other = halls.open([LESSON]), halls.open([LESSON])
    for _ in range(2):
        one.forward()
    one.vote("me", 0, COMMIT, "100")
    assert one.code != other.code and other.step == JOIN and not other.question.first


def test_a_code_is_four_letters_that_are_not_taken_for_each_other(tmp_path: Path) -> None:
    code = Halls(lambda: tmp_path).open([LESSON]).code
    assert len(code) == LONG and set(code) <= set(LETTERS)
    assert not set(LETTERS) & set("01OIQLAEUBSGVNZ")


@pytest.mark.parametrize("code", ["", "CDF", "CDFHJ", "../X", "C/FH", "AEIO", "ﬀﬀ", "CD\x00F", "x" * 10_000])
def test_what_is_no_code_finds_nothing_and_asks_no_file(code: str) -> None:
    def no_folder() -> Path:
        raise AssertionError("a file was asked for")

    assert Halls(no_folder).find(code) is None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"version": 1}', '{"version": 99}', "null", "\xff"])
def test_a_damaged_file_costs_its_own_hall_only(tmp_path: Path, text: str) -> None:
    halls = Halls(lambda: tmp_path)
    sound = halls.open([LESSON])
    other = "CCCC" if sound.code != "CCCC" else "DDDD"
    (tmp_path / f"{other}.json").write_text(text, encoding="utf-8")
    assert halls.find(other) is None
    assert [hall.code for hall in halls.recent()] == [sound.code]


def test_a_hall_that_cannot_be_kept_goes_on_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="ascii")
    halls = Halls(lambda: tmp_path / "file" / "halls")
    hall = halls.open([LESSON])
    assert "not kept" in hall.unkept and halls.find(hall.code) is hall


def test_a_hall_without_a_lesson_is_refused() -> None:
    with pytest.raises(BadInput, match="no lesson"):
        Hall("CDFH", [])


@given(st.sampled_from(LESSONS))
def test_every_lesson_can_be_asked(one: object) -> None:
    seen = view(at_step(COMMIT, (one.name,)), "me")  # type: ignore[attr-defined]
    json.dumps(seen, allow_nan=False)


# -- who may steer -------------------------------------------------------------------------------------------


def test_only_the_token_admits_and_only_the_browser_that_showed_it() -> None:
    gate = Gate("a token", clock=lambda: 0.0)
    assert "not the token" in gate.admit("another", "mine", "")
    assert not gate.knows("mine")
    assert gate.admit(" a token ", "mine", "") == ""
    assert gate.knows("mine") and not gate.knows("other") and not gate.knows("")


def test_tokens_cannot_be_tried_out() -> None:
    clock = [0.0]
    gate = Gate("a token", clock=lambda: clock[0])
    for _ in range(TRIES):
        gate.admit("wrong", "theirs", "10.0.0.1")
    assert "wait a minute" in gate.admit("a token", "theirs", "10.0.0.1")
    assert gate.admit("a token", "mine", "10.0.0.2") == ""
    clock[0] += WITHIN_S + 1
    assert gate.admit("a token", "theirs", "10.0.0.1") == ""


def test_no_two_tokens_are_alike() -> None:
    assert len({new_token() for _ in range(100)}) == 100
