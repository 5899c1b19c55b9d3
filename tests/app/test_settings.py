"""A link may say anything; a page shows the nearest thing that is allowed, and says so."""

from __future__ import annotations

import pytest

from app.session import settings

SIZE = settings.Choice("size", "Size N", (64, 128, 512, 2048), 512)
DTYPE = settings.Choice("dtype", "Number type", ("float32", "float64"), "float32")
KERNELS = settings.Several("kernels", "Kernels", ("numpy", "compiled_tiled"), ("numpy",))
PEAK = settings.Number("peak", "Peak", 0.5, 1000.0, 100.0)


@pytest.mark.parametrize(
    ("setting", "given", "kept"),
    [
        (SIZE, ["-5"], ["64"]),
        (SIZE, ["600"], ["512"]),
        (SIZE, ["1e300"], ["2048"]),
        (SIZE, ["abc"], ["512"]),
        (SIZE, ["NaN"], ["512"]),
        (SIZE, ["inf"], ["512"]),
        (SIZE, [""], ["512"]),
        (DTYPE, ["float8"], ["float32"]),
        (DTYPE, ["flaot64"], ["float64"]),
        (KERNELS, ["foo"], ["numpy"]),
        (KERNELS, ["compiled_tile", "numpy"], ["compiled_tiled", "numpy"]),
        (PEAK, ["-1"], ["0.5"]),
        (PEAK, ["1e9"], ["1000"]),
        (PEAK, ["nan"], ["100"]),
    ],
)
def test_a_value_that_is_not_allowed_becomes_the_nearest_one_and_is_named(setting, given, kept):
    shown, note = setting.admit(given)
    assert shown == kept
    assert note is not None
    assert f"{setting.key}=" in note
    assert all(value in note for value in kept)


@pytest.mark.parametrize(
    ("setting", "given"),
    [(SIZE, ["64"]), (DTYPE, ["float64"]), (KERNELS, ["compiled_tiled", "numpy"]), (PEAK, ["2.5"])],
)
def test_an_allowed_value_stays_as_it_is_without_a_word(setting, given):
    assert setting.admit(given) == (given, None)


def test_what_a_link_says_is_quoted_short_and_without_markup():
    _, note = SIZE.admit(["**<script>" + "x" * 500])
    assert note is not None
    assert "<" not in note and "*" not in note
    assert len(note) < 200


def test_thread_counts_are_powers_of_two_and_all_cores():
    assert settings.threads(1).options == (1,)
    assert settings.threads(6).options == (1, 2, 4, 6)
    assert settings.threads(8).options == (1, 2, 4, 8)


def test_of_many_options_a_sentence_names_a_few_and_says_how_many_more():
    many = settings.Several("shown", "Kernels", tuple(f"kernel_{n}" for n in range(50)), ())
    _, note = many.admit(["x"])
    assert note is not None
    assert "kernel_11 and 38 more" in note and "kernel_12" not in note
    few = settings.Several("shown", "Kernels", tuple(f"kernel_{n}" for n in range(13)), ())
    _, note = few.admit(["x"])
    assert note is not None and "kernel_12" in note


@pytest.mark.parametrize("chosen", [None, (64, 512), "64", float("nan"), [64]])
def test_what_is_no_option_is_the_default(chosen):
    assert settings._one(SIZE, chosen) == 512
    assert settings._one(SIZE, 64) == 64
