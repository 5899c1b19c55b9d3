"""What a block says of itself: which operation takes most, a guess beside it, Amdahl's law, memory."""

from __future__ import annotations

import math

import pytest
from block_records import block_run, gpt2, roofs, rows

from accel_core.readings.block_roofline import (
    SKIPPED,
    block_alt,
    block_reading,
    faster_alt,
    faster_reading,
    guess_reading,
    percent,
)
from accel_core.readings.block_rows import parts_of, rows_of, sped_up, whole_s, words_of
from accel_core.transformer import operations

SLOW = {"softmax": 300.0}


def test_the_block_is_the_sum_of_its_operations_and_the_kinds_are_all_of_them() -> None:
    found = rows(gpt2())
    assert whole_s(found) == pytest.approx(155.02e-3, rel=1e-4)
    parts = parts_of(found)
    assert [len(part.rows) for part in parts] == [2, 1, 1, 1, 1, 1, 2, 2, 1]
    assert whole_s(parts) == pytest.approx(whole_s(found))
    assert not any(part.measured for part in parts)


def test_a_run_puts_measured_times_beside_predicted_ones() -> None:
    shape = gpt2()
    found = rows_of(operations(shape), roofs(), block_run(shape, SLOW))
    softmax = next(row for row in found if row.operation.kind == "softmax")
    assert softmax.time_s == pytest.approx(300 * softmax.predicted.predicted_s)
    assert all(part.measured for part in parts_of(found))
    told = block_reading(parts_of(found))
    assert "**softmax** takes 85 % of the block (measured)" in told
    assert "It takes 300 times what the roof of memory allows: it is not the roof that holds it." in told
    assert "It is bound by computing." in block_reading(parts_of(rows(shape)))


@pytest.mark.parametrize(
    ("word", "factor", "after_s"),
    [("feed-forward", 2, 113.97e-3), ("up", 2, 134.49e-3), ("norm", 1, 155.02e-3)],
)
def test_amdahls_law_holds_for_kinds_and_for_one_operation(word: str, factor: float, after_s: float) -> None:
    found = sped_up(rows(gpt2()), word, factor)
    assert found.after_s == pytest.approx(after_s, rel=1e-4)
    p = found.share
    assert found.speedup == pytest.approx(1 / (1 - p + p / factor))
    assert sped_up(rows(gpt2()), word, 1e9).speedup == pytest.approx(found.limit, rel=1e-6)


def test_measured_times_are_made_faster_where_there_are_some() -> None:
    found = sped_up(rows(gpt2(), SLOW), "softmax", 100)
    assert found.before_s == pytest.approx(whole_s(rows(gpt2(), SLOW)))
    softmax_s = found.before_s * found.share
    assert found.after_s == pytest.approx(found.before_s - softmax_s + softmax_s / 100)
    assert "(measured)" in faster_reading(found) and "times at the most" in faster_reading(found)
    assert "(predicted)" in faster_reading(sped_up(rows(gpt2()), "softmax", 100))


def test_a_block_of_which_all_is_made_faster_has_no_limit() -> None:
    lone = rows(gpt2())[1:2]
    found = sped_up(lone, "QKV", 2)
    assert found.limit == math.inf and "without end" in faster_reading(found)
    assert "stays as fast" in faster_reading(sped_up(rows(gpt2()), "norm", 1))


def test_every_kind_can_be_made_faster_and_each_of_several() -> None:
    words = words_of(operations(gpt2()))
    assert len(set(words)) == len(words) and {"feed-forward", "up", "down", "softmax"} <= set(words)
    for word in words:
        assert sped_up(rows(gpt2()), word, 2).share > 0


def test_fewer_bytes_are_said_to_help_where_the_slope_of_memory_holds_an_operation() -> None:
    shape = gpt2(decode=True)
    assert "slope of memory: fewer bytes" in block_reading(parts_of(rows(shape)))
    far = block_reading(parts_of(rows(shape, {"norm": 245.0})))
    assert "slope of memory: where that holds it, fewer bytes" in far


@pytest.mark.parametrize(("times", "follows"), [(28, "Worth about as much:"), (14, "Then comes")])
def test_a_kind_that_is_as_good_a_guess_as_the_largest_is_worth_as_much(times: float, follows: str) -> None:
    parts = parts_of(rows(gpt2(), {"softmax": times}))
    told, guess = block_reading(parts), guess_reading("softmax", parts)
    assert "**feed-forward ×2**" in told and f"{follows} softmax with" in told
    assert ("as good as the largest" in guess) == (follows != "Then comes")


def test_a_prediction_judges_a_guess_of_the_roofs_and_not_of_the_program() -> None:
    caution = "So the roofs say; a run of this program may differ."
    assert guess_reading("softmax", parts_of(rows(gpt2()))).endswith(caution)
    assert caution not in guess_reading("softmax", parts_of(rows(gpt2(), SLOW)))


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("softmax", "You said **softmax**, and it is the largest: 85 % of the block (measured)."),
        ("norm", "You said **norm**, which takes under 0.1 %. The largest is **softmax** with 85 %"),
        ("SwiGLU", "You said **SwiGLU**, which is not counted here."),
        (SKIPPED, "You skipped the guess. The largest is **softmax**"),
    ],
)
def test_a_guess_stands_as_given_beside_what_was_found(said: str, told: str) -> None:
    assert guess_reading(said, parts_of(rows(gpt2(), SLOW))).startswith(told)


def test_a_guess_as_good_as_the_largest_is_called_so() -> None:
    even = {"QKV": 2.6}
    assert "as good as the largest" in guess_reading("QKV", parts_of(rows(gpt2(), even)))


def test_decoding_is_bound_by_memory_throughout() -> None:
    assert "Every operation lies under the slope of memory" in block_reading(parts_of(rows(gpt2(decode=True))))
    assert "Every operation lies" not in block_reading(parts_of(rows(gpt2())))


def test_who_cannot_see_the_pictures_hears_every_number() -> None:
    parts = parts_of(rows(gpt2()))
    told = block_alt(parts, roofs())
    assert "times predicted" in told and "118 GFLOP/s and DRAM 35.0 GB/s" in told
    assert all(part.name in told for part in parts)
    assert "155 ms" in faster_alt(sped_up(rows(gpt2()), "norm", 2)) and "no roofs yet" in block_alt((), None)


def test_shares_are_said_as_a_person_would() -> None:
    assert [percent(p) for p in (0.5296, 0.01, 0.004, 0.0002)] == ["53 %", "1 %", "0.4 %", "under 0.1 %"]
