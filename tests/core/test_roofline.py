"""Roofs and points: the law, the machines of the first paper, the selection, the audit and the theory."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.errors import BadInput
from accel_core.model import (
    Blas,
    CacheLevel,
    Ceiling,
    Cores,
    Environment,
    Estimate,
    Fact,
    Machine,
    Measurement,
    Simd,
)
from accel_core.roofline import (
    attainable,
    best_intensity,
    bound_by,
    frame,
    judge,
    limiting_memory_level,
    ridge_point,
    roof_segment,
    select_roofs,
    theoretical_ceilings,
    typed_machine,
)

KIB, MIB = 1024, 1024**2
rates = st.floats(min_value=1e3, max_value=1e18)
intensities = st.floats(min_value=1e-6, max_value=1e6)


def a_machine(**changes) -> Machine:
    machine = Machine(
        cpu="AMD EPYC",
        vendor="AuthenticAMD",
        architecture="x86_64",
        system="Linux",
        cores=Cores(2, 2, 2),
        caches=(
            CacheLevel("L1", 32 * KIB),
            CacheLevel("L2", 1 * MIB),
            CacheLevel("L3", 32 * MIB),
        ),
        simd=Simd(("avx2", "fma", "avx512f"), 512),
        memory_bytes=8 * 1024 * MIB,
        clock_hz=2.6e9,
        facts=(Fact("processor family", 25, "cpuinfo"), Fact("processor model", 17, "cpuinfo")),
        fingerprint="f",
    )
    return replace(machine, **changes)


def a_flat_roof(value=117e9, width_bits=512, operation="fma", dtype="float32", threads=1, **changes) -> Ceiling:
    roof = Ceiling(
        kind="compute",
        name=f"{operation}_{dtype}_{width_bits}_{threads}t",
        level=None,
        width_bits=width_bits,
        dtype=dtype,
        threads=threads,
        operation=operation,
        byte_convention=None,
        working_set_bytes=None,
        value=value,
        low=value * 0.999,
        high=value * 1.001,
        n=11,
        unit="FLOP/s",
        source="measured",
        definition="test",
    )
    return replace(roof, **changes)


def a_slope(level="DRAM", value=30e9, operation="load", threads=1, convention="least", **changes) -> Ceiling:
    roof = replace(
        a_flat_roof(value, 256, operation, threads=threads),
        kind="memory",
        name=f"{operation}_{level}_{threads}t",
        level=level,
        byte_convention=convention,
        unit="byte/s",
    )
    return replace(roof, **changes)


ROOFS = (
    a_flat_roof(),
    a_flat_roof(14.7e9, 32),
    a_slope("L1", 235e9),
    a_slope("L2", 113e9),
    a_slope("L3", 94e9),
    a_slope("DRAM", 30e9),
)
ENVIRONMENT = Environment("0.1", "3.11", "2.4", "0.68", None, "Linux", Blas("openblas", "0.3", 2, "test"))


def a_measurement(flop: int, least_bytes: int, seconds: float, **changes) -> Measurement:
    measurement = Measurement(
        workload="matmul",
        kernel="matmul/numpy",
        size=1,
        shape=(1, 1, 1),
        dtype="float32",
        threads=1,
        parameters={},
        time_s=Estimate(seconds, seconds * 0.995, seconds * 1.005, 11),
        samples_s=(seconds,) * 11,
        repetitions=1,
        stopped="interval",
        flop=flop,
        least_bytes=least_bytes,
        peak_alloc_bytes=0,
        compile_s=0.0,
        verified=True,
        max_relative_error=0.0,
        cpu_s=11 * seconds,
        wall_s=11 * seconds,
        steal_fraction=0.0,
        disturbed=False,
        disturbed_reason="",
        fingerprint="f",
        environment=ENVIRONMENT,
        created="2026-01-01T00:00:00Z",
        id="x",
    )
    return replace(measurement, **changes)


def a_triad(elements: int, byte_per_s: float, **changes) -> Measurement:
    """y += x in float32: one FLOP for 12 bytes, running at `byte_per_s`."""
    return a_measurement(elements, 12 * elements, 12 * elements / byte_per_s, **changes)


# -- the law -------------------------------------------------------------------------------------------------


@given(intensities, rates, rates)
def test_attainable_is_under_both_roofs_and_touches_one(intensity, peak, bandwidth):
    allowed = attainable(intensity, peak, bandwidth)
    assert allowed <= peak
    assert allowed <= intensity * bandwidth
    assert allowed in (peak, intensity * bandwidth)


@given(intensities, intensities, rates, rates)
def test_more_intensity_never_allows_less(one, other, peak, bandwidth):
    low, high = sorted((one, other))
    assert attainable(low, peak, bandwidth) <= attainable(high, peak, bandwidth)


@given(rates, rates)
def test_ridge_point_is_where_two_roofs_meet(peak, bandwidth):
    ridge = ridge_point(peak, bandwidth)
    assert ridge * bandwidth == pytest.approx(peak, rel=1e-12)
    assert bound_by(ridge, peak, bandwidth) == "compute"
    assert bound_by(ridge * 0.99, peak, bandwidth) == "memory"
    assert bound_by(ridge * 1.01, peak, bandwidth) == "compute"


@pytest.mark.parametrize(
    ("machine", "peak", "bandwidth", "published"),
    [("Opteron X2 2214", 17.6e9, 15e9, 1.17), ("Opteron X2, half the bandwidth", 17.6e9, 7.5e9, 2.35)],
)
def test_the_first_example_of_the_paper(machine, peak, bandwidth, published):
    """Williams et al. 2009 (mags.acm.org, digital page 69): 17.6 GFLOP/s and 15 GB/s. Quotients taken here."""
    assert ridge_point(peak, bandwidth) == pytest.approx(published, abs=0.005)
    assert attainable(0.25, peak, bandwidth) == 0.25 * bandwidth


@pytest.mark.parametrize(
    ("machine", "clock_ghz", "cores", "flop_per_cycle", "peak_gflop_per_s", "ridge"),
    [
        ("Intel Xeon e5345 (Clovertown)", 2.33, 8, 4, 75, 6.7),
        ("AMD Opteron X4 2356 (Barcelona)", 2.30, 8, 4, 74, 4.4),
        ("Sun UltraSPARC T2+ T5140", 1.167, 16, 1, 19, 0.33),
        ("IBM Cell QS20", 3.20, 16, 4 / 7, 29, 0.65),
    ],
)
def test_the_four_machines_of_the_paper_meet_their_roofs_at_the_ridge(
    machine, clock_ghz, cores, flop_per_cycle, peak_gflop_per_s, ridge
):
    """Williams et al. 2009. Peaks: clock × cores × float64 FLOP a cycle, rounded as the paper rounds them.

    Published and seen: 0.65, in the journal's text (mags.acm.org, April 2009, digital page 74). Not seen there:
    6.7, 4.4 and 0.33; lecture notes on Patterson and Hennessy (4th edition, section 7.11) read about 6, 4 and
    1/3 off that figure there, and repeat the peaks of 75, 74 and 29. So no bandwidth is taken as published: the
    one that each ridge implies is derived from the peak, and must stay below the pin bandwidth of that machine
    (32, 21.3, 64 and 51.2 GB/s).
    """
    peak = clock_ghz * 1e9 * cores * flop_per_cycle
    assert round(peak / 1e9) == peak_gflop_per_s
    implied = peak / ridge
    pins = {75: 32e9, 74: 21.34e9, 19: 64e9, 29: 51.2e9}[peak_gflop_per_s]
    assert 0.3 * pins < implied < pins
    assert ridge_point(peak, implied) == pytest.approx(ridge)
    assert attainable(ridge / 2, peak, implied) == pytest.approx(peak / 2)


def test_best_product_intensity_is_the_root_of_the_cache_over_the_element():
    """Smith et al. 2019: loads 2mkn/√S, so 2mkn FLOP / (2mkn/√S · itemsize)."""
    m = k = n = 10**5
    s = 32 * KIB // 4
    loads = 2 * m * k * n / math.sqrt(s)
    assert best_intensity(s, 4) == pytest.approx(2 * m * k * n / (loads * 4))
    assert best_intensity(4 * s, 4) == pytest.approx(2 * best_intensity(s, 4))


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_impossible_figures_are_refused(bad):
    for call in (
        lambda: ridge_point(bad, 1.0),
        lambda: ridge_point(1.0, bad),
        lambda: attainable(1.0, bad, 1.0),
        lambda: best_intensity(bad, 4),
        lambda: best_intensity(4, bad),
    ):
        with pytest.raises(BadInput, match="positive, finite"):
            call()


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf])
def test_an_impossible_intensity_is_refused(bad):
    with pytest.raises(BadInput, match="intensity"):
        attainable(bad, 1.0, 1.0)


# -- lines and frame -----------------------------------------------------------------------------------------


@given(rates, rates, intensities, st.floats(min_value=1.01, max_value=1e6))
def test_a_roof_line_lies_on_the_law_at_every_corner(peak, bandwidth, x_low, span):
    corners = roof_segment(bandwidth, peak, x_low, x_low * span)
    assert corners[0][0] == x_low
    assert corners[-1][0] == x_low * span
    assert [x for x, _ in corners] == sorted(x for x, _ in corners)
    for x, y in corners:
        assert y == pytest.approx(attainable(x, peak, bandwidth), rel=1e-12)


def test_a_roof_line_bends_at_the_ridge_only_where_that_is_in_sight():
    assert roof_segment(10.0, 100.0, 1.0, 100.0) == ((1.0, 10.0), (10.0, 100.0), (100.0, 100.0))
    assert roof_segment(10.0, 100.0, 1.0, 5.0) == ((1.0, 10.0), (5.0, 50.0))
    assert roof_segment(10.0, 100.0, 20.0, 50.0) == ((20.0, 100.0), (50.0, 100.0))


@pytest.mark.parametrize(("low", "high"), [(0, 1), (2, 1), (1, 1), (-1, 1), (1, math.inf)])
def test_a_roof_line_needs_a_range(low, high):
    with pytest.raises(BadInput, match="no range"):
        roof_segment(1.0, 1.0, low, high)


def test_the_frame_holds_all_roofs_and_the_interpreter():
    x_low, x_high, y_low, y_high = frame(ROOFS)
    assert (x_low, x_high, y_low, y_high) == (0.01, 1000.0, 1e6, 1e12)
    assert x_low < 1 / 24  # y += x in float64
    assert x_high > 2048 / 6  # a product of 2048-row matrices
    assert y_low < 6.5e6  # three Python loops
    assert all(ridge_point(117e9, c.value) < x_high for c in ROOFS if c.kind == "memory")


def test_the_frame_stays_when_narrower_vectors_or_more_threads_are_measured_too():
    assert frame([*ROOFS, a_flat_roof(58e9, 256), a_flat_roof(29e9, 128)]) == frame(ROOFS)
    assert frame([*ROOFS, a_flat_roof(234e9, threads=2)])[2] == frame(ROOFS)[2]


def test_there_is_no_frame_without_both_kinds_of_roof():
    for roofs in ((), (a_flat_roof(),), (a_slope(),)):
        with pytest.raises(BadInput, match="measure this machine"):
            frame(roofs)


# -- selection -----------------------------------------------------------------------------------------------


def test_one_picture_holds_one_dtype_and_one_thread_count():
    others = (a_flat_roof(dtype="float64", value=58e9), a_flat_roof(threads=2), a_slope("L1", 470e9, threads=2))
    roofs = select_roofs((*others, *ROOFS), "float32", 1)
    assert set(roofs.compute) | set(roofs.memory) == set(ROOFS)


def test_flat_roofs_fall_and_slopes_go_from_near_to_far():
    roofs = select_roofs(tuple(reversed(ROOFS)), "float32", 1)
    assert [c.value for c in roofs.compute] == [117e9, 14.7e9]
    assert [c.level for c in roofs.memory] == ["L1", "L2", "L3", "DRAM"]
    copy = a_slope("L1", 300e9, "copy")
    assert select_roofs((*ROOFS, copy), "float32", 1).memory[0] == copy


def test_a_memory_roof_of_another_dtype_counts_only_where_there_is_no_own_one():
    own, other = a_slope("L1", 1e9, dtype="float64"), a_slope("L1", 2e9, dtype="float32")
    assert select_roofs((own, other), "float64", 1).memory == (own,)
    assert select_roofs((other, own), "float64", 1).memory == (own,)
    assert select_roofs((other,), "float64", 1).memory == (other,)


@pytest.mark.parametrize(
    ("size", "level"),
    [
        (0, "L1"),
        (32 * KIB, "L1"),
        (32 * KIB + 1, "L2"),
        (MIB, "L2"),
        (2 * MIB, "L3"),
        (32 * MIB, "L3"),
        (33 * MIB, "DRAM"),
    ],
)
def test_the_limiting_level_is_the_smallest_that_holds_the_working_set(size, level):
    assert limiting_memory_level(a_machine(), size) == level


def test_an_unknown_cache_is_not_guessed():
    no_l2 = a_machine(caches=(CacheLevel("L1", 32 * KIB), CacheLevel("L3", 32 * MIB)))
    assert limiting_memory_level(no_l2, MIB) == "L3"
    assert limiting_memory_level(a_machine(caches=()), 1) == "DRAM"


def test_a_negative_working_set_is_refused():
    with pytest.raises(BadInput, match="working set"):
        limiting_memory_level(a_machine(), -1)


# -- verdicts ------------------------------------------------------------------------------------------------


def test_a_streaming_kernel_is_held_by_the_level_of_its_working_set():
    verdict = judge(a_triad(20_000_000, 24e9), ROOFS, a_machine())
    assert (verdict.level, verdict.limiting.name, verdict.bound_by) == ("DRAM", "load_DRAM_1t", "memory")
    assert verdict.attainable_flop_per_s == pytest.approx(30e9 / 12)
    assert verdict.share == pytest.approx(0.8)
    assert (verdict.above, verdict.causes) == (False, ())
    assert judge(a_triad(1000, 24e9), ROOFS, a_machine()).limiting.level == "L1"


def test_a_product_is_held_by_the_widest_flat_roof():
    n = 1024
    verdict = judge(a_measurement(2 * n**3, 12 * n * n, 2 * n**3 / 105e9), ROOFS, a_machine())
    assert (verdict.bound_by, verdict.limiting.width_bits) == ("compute", 512)
    assert verdict.share == pytest.approx(105 / 117)


def test_the_highest_operation_mix_of_the_level_is_the_roof():
    triad = a_slope("DRAM", 34e9, "triad", convention="stream", stores="non_temporal")
    allocating = a_slope("DRAM", 45e9, "triad", convention="write_allocate", stores="regular")
    verdict = judge(a_triad(20_000_000, 32e9), (*ROOFS, triad, allocating), a_machine())
    assert verdict.limiting == triad  # the other one counts bytes that the point does not
    assert not verdict.above


def test_theory_holds_no_point():
    theory = replace(a_slope("DRAM", 100e9), source="theory", name="t")
    faster = a_flat_roof(500e9, source="theory")
    verdict = judge(a_triad(20_000_000, 24e9), (*ROOFS, theory, faster), a_machine())
    assert verdict.limiting.value == 30e9


@pytest.mark.parametrize(
    "roofs",
    [(), ROOFS[:2], ROOFS[2:], tuple(replace(c, threads=2) for c in ROOFS)],
    ids=["none", "flat only", "slopes only", "other threads"],
)
def test_there_is_no_verdict_without_the_roofs_for_it(roofs):
    assert judge(a_triad(1000, 1e9), roofs, a_machine()) is None


def test_there_is_no_verdict_on_no_work_or_no_traffic():
    assert judge(a_measurement(0, 100, 1e-6), ROOFS, a_machine()) is None
    assert judge(a_measurement(100, 0, 1e-6), ROOFS, a_machine()) is None


def test_a_point_within_the_intervals_is_not_above():
    touching = a_triad(20_000_000, 30.05e9)
    verdict = judge(touching, ROOFS, a_machine())
    assert verdict.share > 1
    assert not verdict.above
    at_roof = a_triad(20_000_000, 30e9).time_s.median
    wide = replace(touching, time_s=Estimate(at_roof / 1.05, at_roof / 1.1, at_roof, 7))
    assert judge(wide, ROOFS, a_machine()).share == pytest.approx(1.05)
    assert not judge(wide, ROOFS, a_machine()).above


def test_a_point_without_an_interval_is_judged_by_its_median():
    fast = a_triad(20_000_000, 31e9)
    few = replace(fast, time_s=Estimate(fast.time_s.median, None, None, 3))
    assert judge(few, ROOFS, a_machine()).above


@given(st.integers(1, 10**7), st.integers(1, 10**9), st.floats(1e-6, 10.0))
def test_share_times_attainable_is_what_was_achieved(flop, size, seconds):
    measurement = a_measurement(flop, size, seconds)
    verdict = judge(measurement, ROOFS, a_machine())
    assert verdict.share * verdict.attainable_flop_per_s == pytest.approx(measurement.flop_per_s)
    assert verdict.attainable_flop_per_s <= 117e9
    assert bool(verdict.causes) == verdict.above
    assert not verdict.above or verdict.share > 1
    assert (verdict.bound_by == "compute") == (verdict.limiting.kind == "compute")


# -- causes --------------------------------------------------------------------------------------------------


def causes(measurement, roofs=ROOFS, machine=None) -> str:
    verdict = judge(measurement, roofs, machine or a_machine())
    assert verdict.above
    return "\n".join(verdict.causes)


def product_at(flop_per_s: float, **changes) -> Measurement:
    flop = 2 * 1024**3
    return a_measurement(flop, 12 * 1024**2, flop / flop_per_s, **changes)


def test_a_set_little_larger_than_a_cache_may_stay_in_it():
    assert "Cache: the working set of 48 MiB is 1.50 times L3 (32 MiB)" in causes(a_triad(4 * MIB, 60e9))
    assert "Cache:" not in causes(a_triad(40 * MIB, 60e9))


def test_private_caches_of_several_threads_add_up_and_a_shared_one_does_not():
    two = tuple(replace(c, threads=2) for c in ROOFS)
    caches = (CacheLevel("L2", MIB, instances=2), CacheLevel("L3", 32 * MIB, instances=1))
    machine = a_machine(caches=caches)
    in_l2 = a_measurement(MIB // 8, 3 * MIB // 2, 3 * MIB / 2 / 200e9, threads=2)
    assert "its 2 threads have 2 L2 of 1 MiB, holding 1.50 MiB together" in causes(in_l2, two, machine)
    in_l3 = a_triad(4 * MIB, 60e9, threads=2)
    assert "48 MiB is 1.50 times L3" in causes(in_l3, two, machine)


def test_a_load_roof_says_nothing_about_kernels_that_store():
    assert "Byte convention" in causes(a_triad(40 * MIB, 60e9))
    triad = a_slope("DRAM", 34e9, "triad", convention="stream")
    assert "Byte convention" not in causes(a_triad(40 * MIB, 60e9), (*ROOFS, triad))


def test_more_busy_cores_than_threads_are_noticed():
    assert "Threads: 1.90 cores" in causes(product_at(200e9, cpu_s=1.9, wall_s=1.0))
    assert "Threads:" not in causes(product_at(200e9, cpu_s=1.0, wall_s=1.0))


def test_the_matrix_unit_of_apple_is_named_where_accelerate_multiplied():
    accelerate = replace(ENVIRONMENT, blas=Blas("Accelerate", None, None, "test"))
    assert "Matrix unit" in causes(product_at(800e9, environment=accelerate))
    assert "Matrix unit" not in causes(product_at(800e9))
    assert "Matrix unit" not in causes(product_at(800e9, environment=replace(ENVIRONMENT, blas=None)))


def test_a_faster_clock_is_a_cause_only_of_a_small_excess():
    assert "Clock" in causes(product_at(130e9))
    assert "Clock" not in causes(product_at(300e9))
    assert "Clock" not in causes(a_triad(40 * MIB, 40e9))  # the clock of the core does not move DRAM


def test_a_roof_of_narrow_vectors_is_noticed():
    narrow = (a_flat_roof(29e9, 128), *ROOFS[2:])
    assert "128 bit wide, but this processor has 512-bit vectors" in causes(product_at(100e9), narrow)


def test_a_level_without_a_roof_is_held_against_the_next_and_says_so():
    only_far = (ROOFS[0], ROOFS[-1])
    measurement = a_triad(1000, 200e9)
    verdict = judge(measurement, only_far, a_machine())
    assert (verdict.level, verdict.limiting.level) == ("L1", "DRAM")
    assert "lie in L1, which has no measured roof; that of DRAM stands in" in causes(measurement, only_far)
    only_near = judge(a_triad(20_000_000, 20e9), (ROOFS[0], ROOFS[2], ROOFS[3]), a_machine())
    assert (only_near.level, only_near.limiting.level) == ("DRAM", "L2")


def test_an_uncertain_roof_is_named():
    thin = (replace(ROOFS[0], low=None, high=None, n=3), *ROOFS[2:])
    assert "rests on 3 samples" in causes(product_at(130e9), thin)
    wide = (replace(ROOFS[0], low=100e9, high=120e9), *ROOFS[2:])
    assert "disturbed: its interval is 17.1 % wide" in causes(product_at(130e9), wide)
    assert "disturbed" not in causes(product_at(130e9))


def test_a_typed_in_roof_is_to_be_checked_not_measured_again():
    typed = typed_machine(50e9, {"DRAM": 10e9}, "float32")
    text = causes(product_at(100e9), typed)
    assert "typed in" in text
    assert "Measure the roofs" not in text


def test_a_roof_of_the_widest_vectors_is_not_called_narrow():
    assert "bit wide" not in causes(product_at(130e9))


def test_every_point_above_gets_a_remedy():
    assert causes(product_at(118e9)).endswith("on an otherwise idle machine.")


# -- a typed-in machine --------------------------------------------------------------------------------------


def test_a_typed_in_machine_has_roofs_that_can_be_drawn_and_judged():
    roofs = typed_machine(1e12, {"DRAM": 1e11, "L1": 4e12}, "float64", 8)
    assert [(c.kind, c.level, c.value) for c in roofs] == [
        ("compute", None, 1e12),
        ("memory", "L1", 4e12),
        ("memory", "DRAM", 1e11),
    ]
    assert {c.source for c in roofs} == {"typed in"}
    assert len({c.name for c in roofs}) == 3
    assert frame(roofs)[0] < frame(roofs)[1]
    assert len(select_roofs(roofs, "float64", 8).memory) == 2


@pytest.mark.parametrize(
    ("peak", "levels", "dtype", "threads", "says"),
    [
        (0, {"DRAM": 1e9}, "float64", 1, "positive, finite"),
        (math.nan, {"DRAM": 1e9}, "float64", 1, "positive, finite"),
        (1e9, {"DRAM": -1e9}, "float64", 1, "positive, finite"),
        ("fast", {"DRAM": 1e9}, "float64", 1, "no number"),
        (1e9, {"DRAM": None}, "float64", 1, "no number"),
        (1e9, {"L5": 1e9}, "float64", 1, "L1, L2, L3, L4, DRAM"),
        (1e9, {}, "float64", 1, "at least one"),
        (1e9, {"DRAM": 1e9}, "int8", 1, "float32 or float64"),
        (1e9, {"DRAM": 1e9}, "float64", 0, "threads"),
        (1e9, {"DRAM": 1e9}, "float64", True, "threads"),
    ],
)
def test_a_machine_that_cannot_be_is_refused(peak, levels, dtype, threads, says):
    with pytest.raises(BadInput, match=says):
        typed_machine(peak, levels, dtype, threads)


# -- theory --------------------------------------------------------------------------------------------------


def facts(family, model):
    return (Fact("processor family", family, "test"), Fact("processor model", model, "test"))


ZEN4, ZEN5 = facts(25, 17), facts(26, 2)


def fma_per_cycle(machine: Machine, width: int, dtype: str = "float32") -> float | None:
    """FLOP a cycle of the theoretical FMA roof; None where there is none."""
    roofs = theoretical_ceilings(machine, 1e9, (a_flat_roof(width_bits=width, dtype=dtype),))
    return roofs[0].value / 1e9 if roofs else None


@pytest.mark.parametrize(
    ("cpu_facts", "width", "dtype", "flop_per_cycle"),
    [
        (ZEN4, 512, "float32", 32),
        (ZEN4, 256, "float32", 32),
        (ZEN4, 128, "float32", 16),
        (ZEN4, 32, "float32", 4),
        (ZEN4, 256, "float64", 16),
        (ZEN4, 64, "float64", 4),
        (ZEN5, 512, "float32", 64),
        (ZEN5, 256, "float32", 32),
        (facts("23", "49"), 256, "float32", 32),
        (facts(23, 49), 512, "float32", None),
        (facts(23, 1), 256, "float32", None),
        (facts(0x17, 0x50), 256, "float32", None),
        (facts(0x17, 0x71), 256, "float32", 32),
        (facts(0x19, 0x21), 256, "float32", 32),
        (facts(0x19, 0x21), 512, "float32", None),
        (facts(0x19, 0x61), 512, "float32", 32),
        (facts(0x1A, 0x11), 512, "float32", 64),
        (facts(0x1A, 0x44), 512, "float32", 64),
        (facts(26, 0x24), 256, "float32", None),
        (facts("unknown", None), 256, "float32", None),
    ],
)
def test_flop_a_cycle_of_documented_amd_cores(cpu_facts, width, dtype, flop_per_cycle):
    """Zen 4: 32 FLOP a cycle at 256 and 512 bit, as measured in the project's record of such a machine."""
    assert fma_per_cycle(a_machine(facts=cpu_facts), width, dtype) == flop_per_cycle


@pytest.mark.parametrize(
    ("brand", "vendor", "cpu_facts", "width", "flop_per_cycle"),
    [
        ("AMD EPYC 7742 64-Core Processor", "AuthenticAMD", (), 256, None),
        ("AMD EPYC", "AuthenticAMD", ZEN5, 512, 64),
        ("AMD EPYC", None, ZEN5, 512, 64),
        ("Hygon C86 7185 32-core Processor", "HygonGenuine", facts(0x18, 1), 256, None),
        ("Intel(R) Xeon(R) Platinum 8175M CPU @ 2.50GHz", "GenuineIntel", facts(6, 85), 512, 64),
        ("Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz", "GenuineIntel", facts(6, 85), 512, None),
        ("Intel(R) Xeon(R) Silver 4110 CPU @ 2.10GHz", "GenuineIntel", facts(6, 85), 256, 32),
        ("Intel(R) Xeon(R) Gold 6148 CPU @ 2.40GHz", "GenuineIntel", facts(6, 85), 512, 64),
        ("Intel(R) Xeon(R) Processor", "GenuineIntel", facts(6, 85), 512, None),
        ("Intel(R) Xeon(R) Platinum 8375C CPU @ 2.90GHz", "GenuineIntel", facts(6, 106), 512, 64),
        ("Intel(R) Xeon(R) D-2796NT CPU @ 2.00GHz", "GenuineIntel", facts(6, 108), 512, None),
        ("Intel(R) Xeon(R) Platinum 8480+", "GenuineIntel", facts(6, 143), 512, 64),
        ("Intel(R) Core(TM) i7-4770", "GenuineIntel", facts(6, 60), 256, 32),
        ("Intel(R) Core(TM) i7-2600", "GenuineIntel", facts(6, 42), 256, None),
        ("Apple M1 Pro", "Apple", (), 128, 32),
        ("Apple M4", "Apple", (), 128, None),
        ("Apple M1", "Apple", facts(6, 44), 128, None),  # Rosetta shows the numbers of an Intel processor
        ("Neoverse-N1", "ARM", (), 128, None),
    ],
)
def test_cores_are_known_by_their_numbers_and_apples_by_their_brand_else_not_at_all(
    brand, vendor, cpu_facts, width, flop_per_cycle
):
    machine = a_machine(cpu=brand, vendor=vendor, facts=cpu_facts)
    assert fma_per_cycle(machine, width) == flop_per_cycle


def test_the_compilers_name_of_a_core_is_not_believed():
    """LLVM's getHostCPUName takes an unknown family 6 for a known one by its features: "try to guess"."""
    machine = a_machine(cpu="Intel(R) new", facts=(Fact("compiler target", "haswell", "LLVM"),))
    assert fma_per_cycle(machine, 256) is None


@pytest.mark.parametrize(
    ("vendor", "cpu_facts", "width", "bytes_per_cycle"),
    [
        ("AuthenticAMD", ZEN4, 256, 64),
        ("AuthenticAMD", ZEN4, 512, 64),
        ("AuthenticAMD", ZEN5, 256, 64),
        ("AuthenticAMD", ZEN5, 512, 128),
        ("GenuineIntel", facts(6, 60), 256, 64),
        ("GenuineIntel", facts(6, 85), 512, 128),
        ("GenuineIntel", facts(6, 143), 256, 96),
        ("GenuineIntel", facts(6, 143), 512, 128),
    ],
)
def test_l1_load_is_loads_a_cycle_times_their_width(vendor, cpu_facts, width, bytes_per_cycle):
    (roof,) = theoretical_ceilings(
        a_machine(cpu="", vendor=vendor, facts=cpu_facts),
        3.68e9,
        (a_slope("L1", 1e9, width_bits=width), a_slope("L2", 1e9)),
    )
    assert roof.value == pytest.approx(3.68e9 * bytes_per_cycle)
    assert (roof.name, roof.level, roof.unit) == ("theory_load_L1_1t", "L1", "byte/s")


def test_a_theoretical_roof_says_how_it_was_computed():
    (roof,) = theoretical_ceilings(a_machine(), 3.68e9, (a_flat_roof(),))
    assert roof.name == "theory_fma_float32_512_1t"
    assert (roof.source, roof.low, roof.high, roof.n) == ("theory", None, None, 0)
    assert "Zen 4: 3.68 GHz × 1 fma a cycle × 32 FLOP (512 bit) × 1 core at that clock" in roof.definition
    assert "AMD" in roof.definition


def test_threads_beyond_the_cores_share_their_pipes():
    four = a_flat_roof(threads=4)
    (roof,) = theoretical_ceilings(a_machine(), 1e9, (four,))
    assert roof.value == 2 * 32e9
    (unknown,) = theoretical_ceilings(a_machine(cores=Cores(None, None, 4)), 1e9, (four,))
    assert unknown.value == 4 * 32e9


def test_theory_stands_only_beside_what_was_measured_and_is_known():
    assert theoretical_ceilings(a_machine(), 1e9, ()) == ()
    strangers = (
        a_flat_roof(operation="add"),
        a_flat_roof(source="typed in"),
        a_flat_roof(width_bits=None),
        a_slope("L1", 1e9, "copy"),
    )
    assert theoretical_ceilings(a_machine(), 1e9, strangers) == ()


@pytest.mark.parametrize("clock", [0, -1, math.nan, math.inf])
def test_theory_needs_a_clock(clock):
    with pytest.raises(BadInput, match="clock"):
        theoretical_ceilings(a_machine(), clock, (a_flat_roof(),))
