"""Numbers as people read them: three digits, the right prefix, no glitch where a value rounds up."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.units import (
    format_arrays,
    format_bytes,
    format_count,
    format_duration,
    format_number,
    format_rate,
    format_ratio,
    format_time,
)

magnitudes = st.floats(min_value=1e-12, max_value=1e15)
PREFIX = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "": 1.0}
SECONDS = {"s": 1, "ms": 1e-3, "µs": 1e-6, "ns": 1e-9, "min": 60, "hours": 3600, "days": 86_400}
SIZES = {"B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (1, "1.00"),
        (12.34, "12.3"),
        (999.4, "999"),
        (999.9, "1000"),
        (9.996, "10.0"),
        (0.09996, "0.100"),
        (1234, "1230"),
        (0.001234, "0.00123"),
        (-12.34, "-12.3"),
        (1e6, "1000000"),
        (math.inf, "inf"),
        (math.nan, "nan"),
    ],
)
def test_a_number_has_three_significant_digits_and_no_exponent(value, text):
    assert format_number(value) == text


@given(magnitudes)
def test_a_formatted_number_is_within_half_a_unit_of_its_third_digit(value):
    text = format_number(value)
    assert "e" not in text
    assert float(text) == pytest.approx(value, rel=0.00501)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (1.9e-9, "1.90 ns"),
        (5e-13, "0.000500 ns"),
        (999.6e-9, "1.00 µs"),
        (9.994e-4, "999 µs"),
        (0.0009996, "1.00 ms"),
        (0.9996, "1.00 s"),
        (119.4, "119 s"),
        (120, "2.00 min"),
        (7200, "2.00 hours"),
        (172_800, "2.00 days"),
        (-0.002, "-2.00 ms"),
        (math.nan, "unknown time"),
        (math.inf, "unknown time"),
    ],
)
def test_a_time_has_the_unit_that_keeps_its_number_small(seconds, text):
    assert format_time(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.177e11, "118 GFLOP/s"),
        (6.5e6, "6.50 MFLOP/s"),
        (999.9, "1.00 kFLOP/s"),
        (999.96e9, "1.00 TFLOP/s"),
        (999.4e9, "999 GFLOP/s"),
        (12, "12.0 FLOP/s"),
        (0.5, "0.500 FLOP/s"),
        (0, "0 FLOP/s"),
        (5e15, "5000 TFLOP/s"),
        (math.nan, "unknown rate"),
        (math.inf, "unknown rate"),
    ],
)
def test_a_rate_has_the_prefix_that_keeps_its_number_under_a_thousand(value, text):
    assert format_rate(value, "FLOP/s") == text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1 KiB"),
        (48 * 1024, "48 KiB"),
        (1.5 * 1024**2, "1.50 MiB"),
        (1000 * 1024, "1000 KiB"),
        (1013.4 * 1024, "1013 KiB"),
        (1024**2 - 1, "1.00 MiB"),
        (32 * 1024**2, "32 MiB"),
        (1024**3 - 1, "1.00 GiB"),
        (3 * 1024**4, "3 TiB"),
        (-2048, "-2 KiB"),
        (0.25, "0.250 B"),
        (math.nan, "unknown size"),
        (math.inf, "unknown size"),
    ],
)
def test_a_size_has_the_binary_unit_that_keeps_its_number_under_1024(size, text):
    assert format_bytes(size) == text


@given(magnitudes)
def test_a_text_means_the_number_it_was_made_of(value):
    number, unit = format_rate(value, "byte/s").split(" ")
    assert float(number) * PREFIX[unit.removesuffix("byte/s")] == pytest.approx(value, rel=0.00501)
    number, unit = format_time(value).split(" ")
    assert float(number) * SECONDS[unit] == pytest.approx(value, rel=0.00501)
    number, unit = format_bytes(value).split(" ")
    assert float(number) * SIZES[unit] == pytest.approx(value, rel=0.00501)


@given(st.floats(min_value=1e3, max_value=9.99e14), st.floats(min_value=1024, max_value=1e15))
def test_no_text_shows_a_thousand_of_a_unit_that_has_a_larger_one(rate, size):
    assert re.match(r"\d{1,3}(\.\d+)? ", format_rate(rate, "FLOP/s"))
    assert float(format_bytes(size).split(" ")[0]) < 1024


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (36, "36.0 times faster"),
        (1.3, "1.30 times faster"),
        (1 / 1.3, "1.30 times slower"),
        (1, "as fast"),
        (1.004, "as fast"),
        (0.996, "as fast"),
        (1.006, "1.01 times faster"),
        (16_000, "16000 times faster"),
        (0, "unknown"),
        (-1, "unknown"),
        (math.nan, "unknown"),
        (math.inf, "unknown"),
    ],
)
def test_a_ratio_is_said_as_a_person_would(ratio, text):
    assert format_ratio(ratio) == text


@given(st.floats(min_value=1.01, max_value=1e9))
def test_faster_and_slower_mirror_each_other(ratio):
    assert format_ratio(ratio).replace("faster", "slower") == format_ratio(1 / ratio).replace(
        "faster", "slower"
    )


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        (8.0002, "8 arrays"),
        (1.001, "1 array"),
        (2.5, "2.5 arrays"),
        (0.25, "0.25 arrays"),
        (0.004, "none"),
        (0, "none"),
        (None, "unknown"),
        (math.nan, "unknown"),
    ],
)
def test_extra_memory_is_a_number_of_arrays(arrays, text):
    assert format_arrays(arrays) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "1 s"),
        (83.4, "83 s"),
        (119.4, "119 s"),
        (124.8, "2 min"),
        (140, "2.5 min"),
        (610, "10 min"),
        (7300, "2.03 hours"),
    ],
)
def test_a_time_to_come_is_no_finer_than_it_is_known(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text


@pytest.mark.parametrize(("number", "text"), [(0, "0 threads"), (1, "1 thread"), (2, "2 threads")])
def test_one_thing_is_told_from_several(number, text):
    assert format_count(number, "thread") == text
