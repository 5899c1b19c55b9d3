"""The picture of both votes and its words: every guess is drawn once, on one axis with what was found."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest

from accel_core.figures.drawing.look import look_for
from accel_core.figures.hall import votes_figure
from accel_core.hall import Asked, Found
from accel_core.hall.reading import room_reading, votes_alt
from accel_core.hall.votes import middle, moved
from accel_core.lessons import Choice, Lesson, Number, Order, Truth, lesson
from accel_core.model import Estimate

ANSWERS = {"registers": "Registers", "vectors": "Vectors", "threads": "Threads"}
TIMES = Number("times", 1, 1e7)
CHOICE, ORDER = Choice(ANSWERS, "GFLOP/s"), Order(ANSWERS, "times")


def asked_with(form: object, first: list[str], second: list[str], found: Found) -> tuple[Lesson, Asked]:
    one = replace(lesson("library"), form=form)  # type: ignore[arg-type]
    votes = [{f"voter{n}": said for n, said in enumerate(vote)} for vote in (first, second)]
    return one, Asked("library", votes[0], votes[1], found)


def number(value: float) -> Found:
    return Found(value, value * 0.9, value * 1.1, {}, "", "A processor", "", False)


def named(value: str) -> Found:
    each = {name: Estimate(10.0 * at, None, None, 1) for at, name in enumerate(ANSWERS, 1)}
    return Found(value, None, None, each, "", "A processor", "", False)


CASES = {
    "numbers": asked_with(TIMES, ["1", "10", "10000000", "99"], ["2000", "900"], number(1234.0)),
    "one value": asked_with(TIMES, ["100"], ["100"], number(100.0)),
    "nobody": asked_with(TIMES, [], [], number(100.0)),
    "choice": asked_with(CHOICE, ["vectors", "threads", "vectors"], ["threads"], named("threads")),
    "order": asked_with(
        ORDER,
        ["threads,vectors,registers", "registers,vectors,threads"],
        ["threads,registers,vectors"],
        named("threads,vectors,registers"),
    ),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "look", [look_for("light", font_px=24), look_for("dark", width_px=350)], ids=["light", "phone"]
)
def test_every_guess_is_drawn_once(case: str, look: object) -> None:
    one, asked = CASES[case]
    figure = votes_figure(one, asked, look)  # type: ignore[arg-type]
    along = "x" if isinstance(one.form, Choice) else "y"
    drawn = sum(sum(bar[along]) for bar in figure.data)
    assert drawn == len(asked.first) + len(asked.second)


def test_a_number_stands_in_the_bar_that_holds_it_beside_what_was_found() -> None:
    one, asked = CASES["numbers"]
    figure = votes_figure(one, asked, look_for("light"))
    first, second = figure.data
    for bar, votes in ((first, asked.first), (second, asked.second)):
        for said in votes.values():
            at = math.log10(float(said))
            assert any(abs(at - x) <= bar.width / 0.92 / 2 + 1e-6 for x in bar.x)
    (line,) = [shape for shape in figure.layout.shapes if shape.line.width == 4]
    assert line.x0 == line.x1 == pytest.approx(math.log10(1234))
    assert first.yaxis == "y2" and second.yaxis == "y"
    assert figure.layout.yaxis.range == figure.layout.yaxis2.range


def test_the_names_of_the_votes_stand_where_the_line_is_not() -> None:
    for case, side in (("numbers", "left"), ("order", "right")):
        notes = votes_figure(*CASES[case], look_for("light")).layout.annotations
        assert [note.xanchor for note in notes if "vote" in note.text] == [side, side]


def test_what_was_found_is_marked_among_the_answers_with_its_number() -> None:
    told = [note.text for note in votes_figure(*CASES["choice"], look_for("light")).layout.annotations]
    assert [text for text in told if "measured" in text] == ["<b>✓ Threads: measured 30.0 GFLOP/s</b>"]


def test_before_the_run_the_picture_says_what_will_stand_there() -> None:
    one, asked = CASES["numbers"]
    empty = replace(asked, found=None)
    assert "will stand here" in votes_figure(one, empty, look_for("light")).layout.annotations[0].text
    assert votes_alt(one, empty) == "Nothing is revealed yet." and room_reading(one, empty) == []


def test_the_reading_counts_who_met_it_and_who_moved() -> None:
    one, asked = asked_with(TIMES, ["10", "100", "5000"], ["600", "100", "9000", "1200"], number(1000.0))
    first, second, both = room_reading(one, asked)
    assert first.startswith("First vote: median 100 times") and first.endswith("0 of 3 within a factor of 2.")
    assert second.endswith("2 of 4 within a factor of 2.")
    assert both == "Of those who voted twice, 1 moved nearer, 1 further away, and 1 neither."
    assert room_reading(*CASES["nobody"]) == ["Nobody voted."]


def test_a_choice_is_met_or_not_and_an_order_is_off_by_pairs() -> None:
    assert room_reading(*CASES["choice"])[0] == "First vote: 1 of 3 said what was found."
    assert moved(ORDER, CASES["order"][1], Truth("threads,vectors,registers")).further == 1
    assert "Vectors 2, Threads 1" in votes_alt(*CASES["choice"])


def test_the_middle_of_guesses_is_one_of_factors() -> None:
    assert middle([10.0]) == (10.0, 10.0, 10.0)
    low, mid, high = middle([1.0, 10.0, 100.0, 1000.0, 10000.0])
    assert (low, mid, high) == pytest.approx((10, 100, 1000))
