"""What walking down a matrix costs: rows against pages and sets, and that it may cost nothing."""

from __future__ import annotations

from dataclasses import replace

import figure_records as records
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.model import CacheLevel
from accel_core.readings.strides import _rows_that_fit, strides_reading

L1, L2 = CacheLevel("L1", 48 << 10, 12, 64), CacheLevel("L2", 2 << 20, 16, 64)
CACHES = (L1, L2, CacheLevel("L3", 32 << 20, 16, 64))


@given(
    row_bytes=st.integers(8, 1 << 15), ways=st.integers(1, 16), sets=st.sampled_from([1, 12, 64, 1024]),
    line=st.sampled_from([32, 64, 128]),
)  # fmt: skip
def test_rows_that_fit_are_those_that_a_count_of_sets_finds(
    row_bytes: int, ways: int, sets: int, line: int
) -> None:
    """Rows at whole numbers of lines, enough to fill every set that they can reach."""
    row_bytes = max(row_bytes // line, 1) * line
    reached = {row * row_bytes // line % sets for row in range(sets)}
    assert _rows_that_fit(CacheLevel("L1", sets * ways * line, ways, line), row_bytes) == len(reached) * ways


def test_a_power_of_two_leaves_few_sets_and_another_size_all() -> None:
    assert _rows_that_fit(L1, 4096) == 12  # one set of 64
    assert _rows_that_fit(L1, 4096 + 64) == 12 * 64
    assert _rows_that_fit(L2, 4096) == 32 * 16  # of 2048 sets every 64th
    assert _rows_that_fit(replace(L1, ways=None), 4096) == 0


@pytest.mark.parametrize(
    ("gain", "told"),
    [(1.6, "Packing first was 1.6 times as fast."), (0.9, "it does not show: packing first was 0.9")],
)
def test_the_readers_own_ratio_ends_the_sentence(gain: float, told: str) -> None:
    strided, packed = (records.measurement("matmul/vector_tile", rate) for rate in (1e9, gain * 1e9))
    text = strides_reading(1024, 4, CACHES, strided, packed)
    assert "4 KiB apart" in text and "1,024 pages" in text and "L1 has room for 12 of them" in text
    assert told in text


def test_what_is_not_measured_or_unknown_is_not_claimed() -> None:
    text = strides_reading(100, 4, CACHES, None, None)
    assert "400 B apart" in text and "10 pages" in text and "L1 has room for 100 of them" in text
    assert "Time this rung and the packed one" in text
    assert strides_reading(100, 4, (CacheLevel("L1", 32 << 10),), None, None) == ""
