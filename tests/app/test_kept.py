"""What sessions share stays within its bytes, and is handed out as it is."""

from __future__ import annotations

import numpy as np

from app.session.kept import LEAST_BYTES, Kept


def test_what_is_kept_is_the_same_object_for_all() -> None:
    kept, value = Kept(1 << 20), np.arange(3)
    kept.put("a", value)
    assert kept.get("a") is value and kept.get("b") is None


def test_all_values_together_stay_within_the_bytes_and_the_least_recently_used_goes_first() -> None:
    kept = Kept(3 * LEAST_BYTES)
    for key in "abc":
        kept.put(key, key)
    kept.get("a")
    kept.put("d", "d")
    assert [key for key in "abcd" if kept.get(key)] == ["a", "c", "d"]
    kept.put("e", np.zeros(2 * LEAST_BYTES - 1000, np.uint8))
    assert [key for key in "acde" if kept.get(key) is not None] == ["d", "e"]
    assert kept.size_bytes <= kept.most_bytes


def test_a_value_that_is_put_again_counts_once() -> None:
    kept = Kept(2 * LEAST_BYTES)
    for _ in range(5):
        kept.put("a", 1)
    assert kept.size_bytes == LEAST_BYTES


def test_what_is_larger_than_all_that_may_be_kept_is_not() -> None:
    kept = Kept(LEAST_BYTES)
    kept.put("a", np.zeros(LEAST_BYTES, np.uint8))
    assert kept.get("a") is None and kept.size_bytes == 0
