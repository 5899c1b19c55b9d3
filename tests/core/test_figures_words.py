"""Readings and alternative texts are computed: other numbers give other sentences."""

from __future__ import annotations

from dataclasses import replace

import figure_records as records
import pytest

from accel_core.figures import (
    cache_marks,
    curve_alt,
    hierarchy_alt,
    ladder_alt,
    ladder_reading,
    machine_reading,
    roofline_alt,
    roofline_reading,
    share_text,
    sweep_alt,
    sweep_reading,
)
from accel_core.model import Measurement
from accel_core.readings.rungs import settings

MACHINE, PEAKS, JOB = records.machine(), records.peaks(), records.workload()


def swept(*rates: float) -> list[Measurement]:
    return [
        records.measurement("compiled_tiled", rate, size=1024, parameters={"block": 8 * 2**i})
        for i, rate in enumerate(rates)
    ]


def test_the_machine_reading_says_how_far_memory_is() -> None:
    said = machine_reading(MACHINE, PEAKS)
    assert "6.7 times as fast as DRAM (35.0 GB/s)" in said
    assert "131 ns, 120 times as long as L1: 481 cycles" in said
    assert "cycles" not in machine_reading(MACHINE, replace(PEAKS, clock=None))


def test_the_ladder_reading_names_the_ends_the_largest_step_and_the_roof() -> None:
    said = ladder_reading(JOB, records.ladder(), ceiling=PEAKS.ceilings[1])
    assert "Packed panels is 2410 times faster than Three Python loops over lists" in said
    assert "33.3 times, came with Compiled loops i, k, j" in said
    assert "0.90 of the measured FMA roof" in said


@pytest.mark.parametrize(
    ("share", "said"), [(0.884, "0.88"), (1.04, "1.0"), (0.0999, "0.10"), (0.0271, "1/37"), (0.00024, "1/4200")]
)
def test_a_small_part_of_a_roof_is_said_as_a_fraction(share: float, said: str) -> None:
    assert share_text(share) == said


def test_a_rung_that_lost_is_named_as_slower() -> None:
    pair = [records.measurement("compiled_ijk", 2e9), records.measurement("compiled_tiled", 1e9)]
    assert "None of the measured changes made it faster" in ladder_reading(JOB, pair)
    three = [*pair, records.measurement("compiled_ikj", 20e9)]
    assert "Slower than what it changes: Compiled loops over tiles" in ladder_reading(JOB, three)


def test_a_sweep_reading_tells_flat_rising_falling_and_interior_apart() -> None:
    marks = cache_marks(MACHINE, "float32", "block")
    said = [sweep_reading(JOB, swept(*rates), "block", marks) for rates in RATES]
    assert "is equally fast throughout: the block changes its speed by 1.0 %" in said[0]
    assert "gets faster up to a block of 32: 4.00 GFLOP/s, 4.0 times as fast as with a block of 8." in said[1]
    assert "gets slower up to a block of 32: 1.00 GFLOP/s, 0.25 of its speed with a block of 8." in said[2]
    assert "is fastest with a block of 16 (4.00 GFLOP/s), below 52 where three blocks fill L1, " in said[3]
    assert said[3].endswith(", 4.0 times as fast as with a block of 8.")


@pytest.mark.parametrize(
    ("over", "said"),
    [
        ("size", "gets faster up to N=4: 4.00 GFLOP/s, 4.0 times as fast as at N=1."),
        ("threads", "gets faster up to 4 threads: 4.00 GFLOP/s, 4.0 times as fast as with 1 thread."),
    ],
)
def test_a_swept_value_is_said_as_a_person_would(over: str, said: str) -> None:
    points = [records.measurement("numpy", 1e9 * i, **{over: i}) for i in (1, 2, 4)]
    assert said in sweep_reading(JOB, points, over)


RATES = ((1e9, 1.01e9, 1e9), (1e9, 2e9, 4e9), (4e9, 2e9, 1e9), (1e9, 4e9, 1e9))


def test_the_roofline_reading_names_the_closest_the_farthest_and_points_above() -> None:
    said = roofline_reading(MACHINE, PEAKS.ceilings, records.ladder(), workloads=[JOB])
    assert "Packed panels comes closest" in said
    assert "no roof holds it back" in said
    above = roofline_reading(MACHINE, PEAKS.ceilings, [records.measurement("numpy", 200e9)], workloads=[JOB])
    assert "1 point lies above the roof" in above


def test_without_data_a_reading_says_what_to_do() -> None:
    assert "measure" in machine_reading(MACHINE, None)
    assert "time the ladder" in ladder_reading(JOB, [])
    assert "run a sweep" in sweep_reading(JOB, swept(1e9), "block")
    assert "measure the roofs" in roofline_reading(MACHINE, [], records.ladder(), workloads=[JOB])


def test_alternative_texts_hold_the_numbers_of_the_picture() -> None:
    assert "L1 32 KiB, 235 GB/s" in hierarchy_alt(MACHINE, PEAKS)
    assert "to 131 ns at 1 GiB" in curve_alt(MACHINE, PEAKS)
    assert curve_alt(MACHINE, PEAKS, sample=True).startswith("Sample: another machine")
    ladder = ladder_alt(JOB, records.ladder(), [records.refusal()])
    assert "Three Python loops over arrays not run" in ladder
    assert "NumPy (BLAS) 104 GFLOP/s" in ladder
    assert "fastest with a block of 16: 1.90 GFLOP/s" in sweep_alt(JOB, records.sweep(), "block")
    assert "L1 load 235 GB/s" in roofline_alt(MACHINE, PEAKS.ceilings, records.ladder(), workloads=[JOB])


def test_alternative_texts_of_nothing_say_so() -> None:
    assert "not measured yet" in hierarchy_alt(MACHINE, None)
    assert "not measured yet" in curve_alt(MACHINE, None)
    assert "nothing timed yet" in ladder_alt(JOB, [])
    assert "nothing measured yet" in sweep_alt(JOB, [], "size")
    assert "no roofs measured" in roofline_alt(MACHINE, [], [], workloads=[JOB])


def test_what_was_derived_is_not_named_among_the_settings() -> None:
    m = records.measurement("packed", parameters={"tile": 0, "mc": 0, "kc": 512, "nc": 0})
    assert settings(m) == "N = 512, float32, 1 thread, kc = 512"
