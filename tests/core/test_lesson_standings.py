"""How lessons stand: which guess waits for a run, which answer is of this machine, and what cannot be read."""

from __future__ import annotations

from dataclasses import replace

from test_lessons import answers
from test_lessons_loops import brought

from accel_core.lessons import Run, lesson
from accel_core.machine import detect
from accel_core.model.answers import Answer, Guess
from accel_core.studies.lessons import Standing, found, standings

CUBE = lesson("cube")
HERE = detect().fingerprint


def guess(day: int, said: str = "3") -> Guess:
    return Guess(f"g{day}", "cube", said, f"2026-01-0{day}T09:00:00+00:00")


def answer(day: int, guess: Guess | None = None, run: Run | None = None) -> Answer:
    run = run or answers("cube", 5.0)
    return Answer(f"a{day}", "cube", guess, f"2026-01-0{day}T10:00:00+00:00", run.to_dict())


def stands(guesses: list[Guess], found: list[Answer]) -> Standing:
    return standings([CUBE], guesses, found, HERE)["cube"]


def test_a_guess_waits_until_it_or_a_later_run_is_answered() -> None:
    one = guess(2)
    assert stands([one], []).unmeasured == one
    assert stands([one], [answer(2, one)]).unmeasured is None
    assert stands([one], [answer(3)]).unmeasured is None, "measured since, without a guess"
    assert stands([guess(4), one], [answer(2, one)]).unmeasured == guess(4)
    damaged = replace(answer(2, one), run={"machine": {"fingerprint": HERE}})
    assert stands([one], [damaged]).unmeasured is None, "answered, though nobody can read it any more"
    assert stands([guess(2, "")], []).unmeasured is None, "skipped"


def test_an_answer_that_holds_the_truth_and_not_what_is_said_of_it_is_not_readable() -> None:
    one = lesson("misses-in-python")
    whole = brought(one.name, detect(), lambda case: 1.0)
    for results, readable in ((whole.results, True), (whole.results[:2], False)):
        run = Run(detect(), list(results))
        assert one.truth(run).value == 1.0
        assert (found(one, Answer("a", one.name, None, "2026-01-01", run.to_dict())) is not None) == readable


def test_the_newest_readable_answer_of_this_machine_stands_and_another_ones_only_without_it() -> None:
    other = replace(answers("cube", 7.0), machine=replace(detect(), fingerprint="other"))
    damaged = replace(answer(5), run={"machine": {"fingerprint": HERE}})
    empty = answer(4, run=Run(detect(), ()))
    both = stands([], [damaged, empty, answer(3, run=other), answer(2)])
    assert both.found is not None and both.found.answer.id == "a2" and both.elsewhere is None
    alone = stands([], [damaged, answer(3, run=other)])
    assert alone.found is None and alone.elsewhere is not None and alone.elsewhere.truth.value == 7.0
