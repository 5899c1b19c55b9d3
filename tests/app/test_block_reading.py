"""The sentence on the best block is computed from the reader's numbers, and says what they can carry."""

from __future__ import annotations

from dataclasses import replace

from figure_records import estimate, machine, measurement, sweep

from accel_core.model import CacheLevel
from accel_core.studies.blocks import best_block_reading, rows_without_conflict


def test_an_interior_best_block_is_named_with_its_gain_over_the_largest():
    said = best_block_reading(machine(), sweep())
    assert said.startswith("compiled_tiled is fastest with block 16, 3.2 times as fast as with block 512.")
    assert "Three such tiles fit in L1" in said


def test_blocks_whose_intervals_touch_share_the_title():
    tiled = [m for m in sweep() if m.kernel.endswith("compiled_tiled")]
    best = next(m for m in tiled if m.parameters["block"] == 16)
    near = next(m for m in tiled if m.parameters["block"] == 32)
    tied = [m for m in tiled if m is not near] + [replace(near, time_s=best.time_s)]
    assert "block 16 to 32 (their intervals touch)" in best_block_reading(machine(), tied)


def test_a_flat_curve_is_not_given_a_best_block():
    flat = [replace(m, time_s=estimate(1.0)) for m in sweep()]
    assert "equally fast with every block" in best_block_reading(machine(), flat)


def test_a_curve_that_rises_to_the_end_does_not_wait_for_a_cache():
    rising = [
        measurement("compiled_tiled", rate, size=1024, parameters={"block": block})
        for block, rate in ((8, 1e9), (16, 2e9), (32, 4e9))
    ]
    assert "does not wait for a cache" in best_block_reading(machine(), rising)


def test_two_points_say_nothing():
    assert best_block_reading(machine(), sweep()[:2]) == ""


def test_power_of_two_rows_fill_the_ways_of_few_sets():
    """32 KiB, 8 ways, 64-byte lines: 64 sets. Rows of 4096 bytes all start in one set, those of 4160 in all."""
    cache = CacheLevel("L1", 32 * 1024, 8, 64)
    assert rows_without_conflict(cache, 4096) == 8
    assert rows_without_conflict(cache, 2048) == 16
    assert rows_without_conflict(cache, 4160) == 512
    assert rows_without_conflict(cache, 4000) == 512


def test_sets_that_bind_earlier_than_the_capacity_are_named():
    small = [
        measurement("compiled_tiled", rate, size=512, parameters={"block": block})
        for block, rate in ((8, 1e9), (16, 2e9), (32, 1e9))
    ]
    assert "a tile of more than 16 rows evicts itself" in best_block_reading(machine(), small)


def test_sets_are_no_reason_where_the_best_block_has_more_rows_than_they_hold():
    assert "evicts itself" not in best_block_reading(machine(), sweep())
