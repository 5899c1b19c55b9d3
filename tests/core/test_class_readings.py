"""What a class of machines says: families, outliers, guesses, and a machine before and after a change."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from class_records import OUTLYING, classroom, member
from figure_records import machine, measurement, workload

from accel_core.readings.change import change_reading, change_rows, change_text, compared
from accel_core.readings.class_guesses import Asked, class_guesses_reading, counts, guesses, numbers
from accel_core.readings.class_ladder import class_ladder_reading, outlier_rows, sizes, strips
from accel_core.readings.class_roofline import class_roofline_alt, class_roofline_reading
from accel_core.readings.members import Guessed, Member, families, processor_family, roofed
from accel_core.readings.outliers import FAR, LEAST_CLASS, NORMAL_MAD, far
from accel_core.readings.own_guesses import OwnGuess, own_guesses_reading

MATMUL = workload()


@pytest.mark.parametrize(
    ("cpu", "family"),
    [
        ("AMD EPYC 9R14 96-Core Processor", "AMD EPYC"),
        ("13th Gen Intel(R) Core(TM) i7-1360P", "Intel Core"),
        ("Intel(R) Xeon(R) Gold 6448Y", "Intel Xeon"),
        ("Apple M3 Max", "Apple"),
        ("AMD Ryzen 7 7840U w/ Radeon 780M Graphics", "AMD Ryzen"),
        ("something else", "AMD"),
    ],
)
def test_a_processor_belongs_to_the_family_of_its_name_or_to_its_vendor(cpu: str, family: str) -> None:
    assert processor_family(replace(machine(), cpu=cpu)) == family


def test_without_a_vendor_the_architecture_is_the_family() -> None:
    assert processor_family(replace(machine(), cpu="unknown", vendor=None)) == "x86_64"


def test_families_come_with_the_largest_first() -> None:
    assert families([member(0), member(4), member(10)])[0] == "Apple"


def test_an_outlier_is_what_the_formula_says() -> None:
    values = {at: float(x) for at, x in enumerate((90, 95, 100, 105, 110, 300))}
    (found,) = far(values).items()
    logs = sorted(math.log(x) for x in values.values())
    middle = (logs[2] + logs[3]) / 2
    spread = sorted(abs(x - middle) for x in logs)
    mad = (spread[2] + spread[3]) / 2
    assert found[0] == 5 and found[1].score == pytest.approx(NORMAL_MAD * (math.log(300) - middle) / mad)
    assert found[1].score > FAR and found[1].middle == pytest.approx(math.exp(middle))


def test_equal_machines_make_no_outlier_of_a_restless_one_and_few_machines_have_none() -> None:
    assert far(dict(enumerate([100.0] * 9 + [110.0]))) == {}
    assert far(dict(enumerate([100.0] * 9 + [200.0])))
    assert far(dict(enumerate([1.0] * (LEAST_CLASS - 2) + [1e9]))) == {}


def test_outliers_are_listed_and_counted_like_all_others() -> None:
    members = classroom(12)
    found = strips(members, MATMUL, 512, "float32", shares=False)
    (row,) = [row for row in outlier_rows(found, shares=False) if row["Rung"] == "Compiled loops i, k, j"]
    assert row["Who"] == f"student-{OUTLYING:03}" and row["Times the median"] < 0.1
    assert all(len(strip.dots) == 12 for strip in found)
    assert "ringed" in " ".join(class_ladder_reading(found, shares=False))


def test_in_shares_a_rung_is_held_against_its_own_machines_peak() -> None:
    (strip, *_) = strips([member(3)], MATMUL, 512, "float32", shares=True)
    (dot,) = strip.dots
    peak = max(
        c.value for c in member(3).ceilings if c.kind == "compute" and c.threads == 1 and c.source != "theory"
    )
    assert dot.value == pytest.approx(dot.measurement.flop_per_s / peak)


def test_the_size_with_most_rungs_comes_first() -> None:
    alone = replace(member(0), measurements=(*member(0).measurements, measurement("numpy", size=256)))
    assert sizes([alone, member(1)], MATMUL, "float32") == (512, 256)


def test_the_own_machine_stands_last_and_one_without_roofs_is_named() -> None:
    bare = replace(member(1), ceilings=())
    found, without = roofed([member(2, own=True), member(0), bare], "matmul", "float32", "one")
    assert [one.member.own for one in found] == [False, True] and without == [bare]
    said = " ".join(class_roofline_reading(found, without))
    assert "1 machine without roofs" in said and "This machine reaches" in said
    assert class_roofline_alt(found, "float32", "one", False).startswith("Rooflines of 2 machines")


def test_a_place_in_shares_has_the_ridge_and_the_peak_at_one() -> None:
    (one,), _ = roofed([member(0)], "matmul", "float32", "one")
    point = replace(one.points[0], flop=1, least_bytes=1)
    assert one.place(point, shares=True)[0] == pytest.approx(1 / one.ridge)


ASKED = Asked("library", "How many times?", "times", {})
CHOICE = Asked("c", "Which?", "", {"a": "One", "b": "Other"})


def people(*said: tuple[float | str, float | str]) -> list[tuple[Member, Guessed]]:
    return [(member(at), Guessed(guess, found)) for at, (guess, found) in enumerate(said)]


def test_guesses_are_counted_near_low_high_and_silent() -> None:
    found = people((100.0, 150.0), (10.0, 150.0), (1000.0, 150.0), ("", 150.0))
    assert len(numbers(found)) == 3
    said = " ".join(class_guesses_reading(ASKED, found))
    assert said.startswith("1 of 3 guesses") and "1 are too low" in said and "1 too high" in said
    assert "1 measured without a guess" in said


def test_of_a_choice_each_answer_is_counted_as_guessed_and_as_found() -> None:
    found = people(("a", "b"), ("b", "b"), ("a,b", "b,a"))
    assert counts(CHOICE, found) == {"a": (2, 0), "b": (1, 3)}
    assert class_guesses_reading(CHOICE, found)[0].startswith("1 of 3")


def test_a_lesson_that_nobody_answered_has_no_guesses() -> None:
    assert guesses([member(0)], "order") == []


def before_and_after(factor: float) -> list:
    old = member(0)
    new = replace(
        old,
        measurements=tuple(
            replace(m, id=f"{m.id} new", samples_s=tuple(s / factor for s in m.samples_s))
            for m in old.measurements
        ),
    )
    return compared(old, new)


@pytest.mark.parametrize(
    ("factor", "said"),
    [(2, "2.00 times faster (1."), (0.5, "2.00 times slower (1."), (1.01, "no clear change")],
)
def test_a_change_is_said_the_way_round_in_which_it_went(factor: float, said: str) -> None:
    changes = before_and_after(factor)
    assert len(changes) == 8 and all(change_text(change).startswith(said) for change in changes)
    rows = change_rows(changes, [MATMUL])
    assert rows[0]["Speed after / before"] == pytest.approx(factor, rel=0.01)
    assert rows[0]["Low"] <= rows[0]["Speed after / before"] <= rows[0]["High"]


def test_what_changed_for_sure_is_counted() -> None:
    assert "0 became faster and 8 slower" in change_reading(before_and_after(0.5), [MATMUL])[0]
    assert "8 show no clear change" in change_reading(before_and_after(1.01), [MATMUL])[0]


def test_a_record_beside_itself_and_samples_that_are_none_make_no_change() -> None:
    old = member(0)
    assert compared(old, old) == []
    broken = tuple(replace(m, id=f"{m.id} new", samples_s=(0.0,) * 9) for m in old.measurements)
    assert compared(old, replace(old, measurements=broken)) == []


def test_own_guesses_name_the_farthest() -> None:
    rows = [OwnGuess("One", "times", 10, 12, 11, 13), OwnGuess("Two", "times", 10, 9000, None, None)]
    assert own_guesses_reading(rows) == (
        "1 of 2 within a factor of 2. The farthest: Two, guessed 10.0, found 9000 times: 900 times too low."
    )
