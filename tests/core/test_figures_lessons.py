"""The picture of a lesson's answer: the guess where it was, what was found where it is, both in words."""

from __future__ import annotations

import math
from typing import Any

import plotly.graph_objects as go
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.figures import look_for
from accel_core.figures.drawing.marks import DISTURBED
from accel_core.figures.lesson_guesses import guesses_figure
from accel_core.figures.lessons import FOUND, GUESS, reveal_figure
from accel_core.lessons import Choice, Number, Order, Truth, lesson
from accel_core.lessons.told import SKIPPED, as_given, found_text, guessed, guesses_alt, outcome, reveal_alt
from accel_core.model import Estimate

LOOKS = [look_for("light"), look_for("dark"), look_for("light", width_px=350)]
TIMES = Number("times", 0.1, 1e7)
WORDS = {"a": "packing <b>", "b": "vectors", "c": "threads"}
CHOICE, ORDER = Choice(WORDS, "times"), Order(WORDS, "times")
EACH = {"a": Estimate(1.2, None, None, 3), "b": Estimate(4.0, 3.8, 4.2, 9), "c": Estimate(2.0, 1.9, 2.1, 9)}


def marks(figure: go.Figure, symbol: str) -> list[float]:
    """Where markers of a shape stand."""
    return [trace.x[0] for trace in figure.data if trace.type == "scatter" and trace.marker.symbol == symbol]


def words(figure: go.Figure) -> str:
    return "\n".join(str(one.text).replace("<br>", " ") for one in figure.layout.annotations)


def bars(figure: go.Figure) -> list[Any]:
    return [trace for trace in figure.data if trace.type == "bar"]


@settings(max_examples=30)
@given(said=st.floats(0.1, 1e7), found=st.floats(1e-3, 1e9), look=st.sampled_from(LOOKS))
def test_guess_and_truth_stand_where_they_are_within_the_axis(said: float, found: float, look: Any) -> None:
    figure = reveal_figure(TIMES, repr(said), Truth(found, found * 0.9, found * 1.2), look)
    assert (marks(figure, GUESS), marks(figure, FOUND)) == ([said], [found])
    low, high = (10**end for end in figure.layout.xaxis.range)
    assert all(low < value < high for value in (said, found, found * 0.9, found * 1.2))
    assert all(low <= tick <= high for tick in figure.layout.xaxis.tickvals) and figure.layout.xaxis.tickvals
    (band,) = [shape for shape in figure.layout.shapes if shape.type == "rect"]
    assert (band.x0, band.x1) == (found * 0.9, found * 1.2)


@pytest.mark.parametrize("look", LOOKS)
def test_the_guess_is_shown_as_it_was_given_and_how_far_off_it_is(look: Any) -> None:
    said = words(reveal_figure(TIMES, "1e3", Truth(50.0, 49.0, 51.0), look))
    assert "You said: <b>1e3 times</b>" in said and "Found: <b>50.0 times (49.0 to 51.0)</b>" in said
    assert "20 times too high" in said
    within = words(reveal_figure(TIMES, "50.5", Truth(50.0, 49.0, 51.0), look))
    assert "too" not in within


@pytest.mark.parametrize("said", ["", "many", "1e9"])
def test_without_a_guess_or_with_one_of_another_form_only_the_truth_stands(said: str) -> None:
    figure = reveal_figure(TIMES, said, Truth(50.0), LOOKS[0])
    assert not marks(figure, GUESS) and marks(figure, FOUND) == [50.0]
    assert "You said" not in words(figure) and as_given(TIMES, said) == SKIPPED


@pytest.mark.parametrize("look", LOOKS)
def test_a_choice_has_a_bar_an_answer_the_greatest_first_and_marks_both(look: Any) -> None:
    figure = reveal_figure(CHOICE, "c", Truth.greatest(EACH), look)
    assert [bar.x[0] for bar in bars(figure)] == [4.0, 2.0, 1.2]
    said = words(figure)
    assert "vectors</b>, 4.00 times (found)" in said and "threads</b>, 2.00 times (you said this)" in said
    assert "packing &lt;b&gt;" in said
    assert [shape.type for shape in figure.layout.shapes] == ["circle", "path"]


def test_an_order_numbers_what_was_found_and_what_was_said() -> None:
    figure = reveal_figure(ORDER, "c,b,a", Truth.ordered(EACH), LOOKS[0])
    said = words(figure)
    assert "<b>1. vectors</b>, 4.00 times (you said: 2)" in said and "(you said: 1)" in said
    assert "<b>3. packing &lt;b&gt;</b>, 1.20 times (as you said)" in said
    without = words(reveal_figure(ORDER, "", Truth.ordered(EACH), LOOKS[0]))
    assert "said" not in without


@pytest.mark.parametrize("form", [CHOICE, Choice({"b": "bandwidth", "c": "compute"})])
def test_answers_without_numbers_have_no_bars(form: Choice) -> None:
    figure = reveal_figure(form, "b", Truth("c"), LOOKS[0])
    assert not bars(figure) and "(found)" in words(figure) and "(you said this)" in words(figure)


def test_numbers_far_apart_stand_on_a_log_axis_and_others_begin_at_zero() -> None:
    near = reveal_figure(CHOICE, "", Truth.greatest(EACH), LOOKS[0]).layout.xaxis
    far = reveal_figure(CHOICE, "", Truth.greatest({**EACH, "a": Estimate(900.0, None, None, 3)}), LOOKS[0])
    assert near.type != "log" and near.range[0] == 0
    assert far.layout.xaxis.type == "log" and 10 ** far.layout.xaxis.range[0] < 2.0


@pytest.mark.parametrize(("form", "truth"), [(TIMES, Truth(50.0)), (ORDER, Truth.ordered(EACH))])
def test_a_disturbed_run_and_another_machine_are_named_in_the_picture(form: Any, truth: Truth) -> None:
    plain = words(reveal_figure(form, "", truth, LOOKS[0]))
    marked = words(reveal_figure(form, "", truth, LOOKS[0], disturbed=True, stale="Another machine (M9)"))
    assert DISTURBED not in plain and DISTURBED in marked and "Another machine (M9)" in marked


@pytest.mark.parametrize(
    ("form", "said", "truth", "expected"),
    [
        (TIMES, "10", Truth(50.0, 49.0, 51.0), "5.0 times too low"),
        (TIMES, "50", Truth(50.0, 49.0, 51.0), "as guessed"),
        (TIMES, "", Truth(50.0), ""),
        (CHOICE, "b", Truth("b"), "as guessed"),
        (CHOICE, "b", Truth("c"), "another answer"),
        (ORDER, "b,c,a", Truth.ordered(EACH), "as guessed"),
        (ORDER, "a,c,b", Truth.ordered(EACH), "3 of 3 pairs stand the other way round"),
    ],
)
def test_how_far_off_a_guess_is_in_a_few_words(form: Any, said: str, truth: Truth, expected: str) -> None:
    assert outcome(form, said, truth) == expected


def test_who_cannot_see_the_picture_hears_the_same() -> None:
    one = lesson("cube")
    heard = reveal_alt(one, "1e1", Truth(50.0, 49.0, 51.0))
    assert heard == f"{one.question} Guess: 1e1 times. Found: 50.0 times (49.0 to 51.0)."
    assert found_text(ORDER, Truth.ordered(EACH)) == "vectors, then threads, then packing <b>"


# -- several guesses -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("look", LOOKS)
def test_guesses_stand_at_their_ratio_to_what_was_found(look: Any) -> None:
    one = lesson("cube")
    guesses = [found for said in ("500", "10", "50") if (found := guessed(one, said, Truth(50.0, 49.0, 51.0)))]
    figure = guesses_figure(guesses, look)
    assert marks(figure, GUESS) == [10.0, 0.2, 1.0] and marks(figure, FOUND) == [1, 1, 1]
    low, high = figure.layout.xaxis.range
    assert low == pytest.approx(-high) and high > math.log10(10.0)
    assert "10 times too high" in words(figure) and "5.0 times too low" in guesses_alt(guesses)


def test_without_a_guess_the_picture_teaches() -> None:
    assert guessed(lesson("cube"), "", Truth(50.0)) is None
    assert "how far off" in words(guesses_figure([], LOOKS[0])) and "None yet" in guesses_alt([])
