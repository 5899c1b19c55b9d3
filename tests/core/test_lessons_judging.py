"""Lessons on intensity, on deciding and on mistakes of measuring, on runs made up for the purpose."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
import recorded_hosts
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core import registry
from accel_core.codec import PlainData
from accel_core.lessons import LONGEST_S, Lesson, Number, Run, Truth, lesson
from accel_core.lessons.deciding import amdahl, gain
from accel_core.lessons.intensity import ROWS, WIDTH, crossing, layer_intensity
from accel_core.lessons.lesson import distance
from accel_core.lessons.mistakes import DRAWN, spreads
from accel_core.lessons.ridge import ELEMENTS, FEW_ELEMENTS
from accel_core.machine import detect
from accel_core.model import CacheLevel, Case, Comparison, Estimate, Machine, Measurement, Trial
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.runner.spec import complete
from accel_core.stats import median_interval

NAMES = (
    "batch", "convolution", "rest", "purchase", "first", "own-code",
    "no-warm-up", "one-sample", "in-a-cache", "wrong-bytes", "denormal", "crowded",
)  # fmt: skip
RUN = tuple(name for name in NAMES if name != "rest")
FLOP_PER_S, BYTE_PER_S = 1e11, 1e10
"""Of a made-up core whose ridge is at 10 FLOP/B."""
Times = Callable[[str, float], float]
"""(kernel, seconds under the made-up roofs) -> seconds of a call."""
WOBBLE = (0.999, 1.0, 1.001)


def as_roofs_say(kernel: str, under_roofs_s: float) -> float:
    return under_roofs_s


def seconds(case: Mapping[str, Any]) -> float:
    problem = registry.kernel(case["kernel"])[0]
    shape = case.get("shape") or problem.shape(case["size"])
    return max(problem.flop(shape) / FLOP_PER_S, problem.least_bytes(shape, case["dtype"]) / BYTE_PER_S)


def measured(case: Mapping[str, Any], time_s: float) -> Measurement:
    problem = registry.kernel(case["kernel"])[0]
    shape = tuple(case.get("shape") or problem.shape(case["size"]))
    samples = tuple(time_s * w for w in WOBBLE * 10)
    made = object.__new__(Measurement)
    known: dict[str, Any] = {
        "kernel": case["kernel"], "size": case["size"], "dtype": case["dtype"], "threads": 1, "parameters": {},
        "shape": shape, "samples_s": samples, "repetitions": 1, "time_s": median_interval(samples),
        "disturbed_reason": "",
        "flop": problem.flop(shape), "least_bytes": problem.least_bytes(shape, case["dtype"]),
    }  # fmt: skip
    for name, value in {**dict.fromkeys(Measurement.__slots__), **known}.items():
        object.__setattr__(made, name, value)
    return made


def answered(one: Lesson, times: Times = as_roofs_say, machine: Machine | None = None) -> Run:
    """What the lesson's job would bring on the made-up core."""
    machine = machine or detect()
    job = one.job(machine) or {}
    found: list[PlainData] = [measured(c, times(c["kernel"], seconds(c))) for c in job.get("cases", ())]
    for a, b in job.get("pairs", ()):
        a_s, b_s = (times(c["kernel"], seconds(c)) for c in (a, b))
        ratio = Estimate(b_s / a_s, 0.99 * b_s / a_s, 1.01 * b_s / a_s, 20)
        found.append(Comparison(a["kernel"], b["kernel"], a["size"], a["dtype"], 1, a_s, b_s, ratio))
    for name in job.get("names", ()):
        right_s, wrong_s = times("right", 1e-3), times("wrong", 1e-2)
        of_right, of_wrong = ([time_s * w for w in WOBBLE * 5] for time_s in (right_s, wrong_s))
        found.append(Trial(name, "2 threads", "8 threads", tuple(of_right), tuple(of_wrong)))
    return Run(machine, found)


def scaled(**factors: float) -> Times:
    """The made-up core with some kernels so many times as slow; `_` stands for the slash."""
    slower = {name.replace("__", "/"): factor for name, factor in factors.items()}
    return lambda kernel, under_s: under_s * slower.get(kernel, 1.0)


def reveal(name: str, times: Times = as_roofs_say) -> str:
    return lesson(name).reveal(None, answered(lesson(name), times))


def test_shares_alone_answer_what_100_times_on_80_per_cent_bring() -> None:
    one = lesson("rest")
    run = Run(detect(), [])
    assert one.job(detect()) is None
    assert one.truth(run).value == pytest.approx(1 / (0.2 + 0.8 / 100)) == pytest.approx(4.808, abs=1e-3)
    assert "1 / (0.2 + 0.8 / 100) = 4.81" in one.reveal(None, run)
    assert "17 times too high" in one.reveal(80.0, run)


@given(share=st.floats(0, 1), factor=st.floats(1, 1e9))
def test_no_part_brings_more_than_its_share_allows(share: float, factor: float) -> None:
    whole = amdahl(share, factor)
    assert whole * (1 + 1e-12) >= 1 and whole <= factor * (1 + 1e-12)
    assert whole * (1 - share) <= 1 + 1e-12


def test_what_would_be_slower_is_not_taken() -> None:
    assert gain(0.3, Estimate(0.5, 0.4, 1.5, 20)) == Estimate(1.0, 1.0, amdahl(0.3, 1.5), 20)


@given(st.floats(0.01, 600))
def test_so_many_rows_bring_a_layer_to_the_ridge(ridge: float) -> None:
    rows = crossing(ridge)
    if rows < ROWS.high:
        flop, moved = 2 * rows * WIDTH**2, 4 * (2 * rows * WIDTH + WIDTH**2)
        assert flop / moved == pytest.approx(ridge)
    assert crossing(ridge) <= crossing(ridge * 1.01)


def test_a_layer_that_reaches_no_ridge_stays_in_the_range_of_guesses() -> None:
    assert crossing(WIDTH) == ROWS.high


def test_a_layer_of_one_row_has_half_a_flop_for_each_byte() -> None:
    assert layer_intensity(1) == pytest.approx(0.5, rel=1e-3)
    assert layer_intensity(1) < layer_intensity(32) < layer_intensity(512)


@pytest.mark.parametrize("name", RUN)
@pytest.mark.parametrize("host", recorded_hosts.KINDS)
def test_every_kind_of_host_gets_a_job_that_can_be_checked(name: str, host: str) -> None:
    machine = recorded_hosts.machine(host)
    job = lesson(name).job(machine)
    assert job is not None
    spec = complete(job, machine)
    each_s, _ = KINDS[spec.kind].foresee(spec.data, Known(machine))
    assert sum(each_s) <= LONGEST_S
    for case in spec.data.get("cases", ()):
        assert registry.why_not(Case.from_dict(case), machine, available_bytes=machine.memory_bytes) is None
    said = lesson(name).reveal(None, answered(lesson(name), machine=machine))
    assert said.endswith(".")


@pytest.mark.parametrize("name", RUN)
def test_one_processor_and_unknown_caches_are_enough(name: str) -> None:
    here = detect()
    bare = replace(
        here, cores=replace(here.cores, physical=1, logical=1, allowed=1), caches=(), memory_bytes=None
    )
    one = lesson(name)
    assert complete(one.job(bare), bare).data  # type: ignore[arg-type]
    assert one.reveal(None, answered(one, machine=bare)).endswith(".")


def test_little_memory_gets_short_vectors() -> None:
    here = detect()
    jobs = [lesson("convolution").job(replace(here, memory_bytes=n << 30)) or {} for n in (2, 8)]
    assert [job["cases"][1]["size"] for job in jobs] == [FEW_ELEMENTS, ELEMENTS]


@pytest.mark.parametrize("name", RUN)
def test_each_result_is_needed(name: str) -> None:
    one = lesson(name)
    run = answered(one)
    assert one.truth(run)
    for at in range(len(run.results)):
        with pytest.raises(LookupError):
            one.truth(Run(run.machine, [*run.results[:at], *run.results[at + 1 :]]))


@pytest.mark.parametrize("name", RUN)
@settings(max_examples=25)
@given(data=st.data())
def test_truth_is_finite_in_its_interval_and_told_in_sentences(name: str, data: st.DataObject) -> None:
    one = lesson(name)
    factor = st.floats(1e-3, 1e3)
    drawn: dict[str, float] = {}
    run = answered(one, lambda kernel, s: s * drawn.setdefault(kernel, data.draw(factor)))
    truth = one.truth(run)
    for found in [within(truth)] if isinstance(truth.value, float) else truth.each.values():
        assert math.isfinite(found.median) and found.median > 0
        assert (found.low or 0) <= found.median * (1 + 1e-9)
        assert (found.high or math.inf) >= found.median * (1 - 1e-9)
    said = one.reveal(None, run)
    assert said[0].isupper() or said[0].isdigit()
    assert said.endswith(".") and "  " not in said and ".." not in said and "nan" not in said.split()


def within(truth: Truth) -> Estimate:
    return Estimate(float(truth.value), truth.low, truth.high, 0)


EFFECTS: dict[str, tuple[Times, str, Times, str]] = {
    "purchase": (as_roofs_say, "the other way round", scaled(matmul__numpy=500), "the same purchase"),
    "first": (
        scaled(softmax__numpy=9), "comes first here because most of it can go",
        as_roofs_say, "does not come first here",
    ),
    "own-code": (scaled(gelu__in_place=5), "own code pays", as_roofs_say, "Here GELU in one loop has no more"),
    "no-warm-up": (as_roofs_say, "mostly the compiler", scaled(wrong=0.1), "Here the first call takes"),
    "denormal": (as_roofs_say, "leaves its fast path", scaled(wrong=0.1), "Here denormal numbers cost nothing"),
    "crowded": (as_roofs_say, "by spinning", scaled(wrong=0.1), "Here more threads cost nothing"),
    "wrong-bytes": (
        scaled(gelu__expression=9), "cannot pass that roof", scaled(gelu__fused=20), "Here it is not seen",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EFFECTS)
def test_what_shows_and_what_does_not_is_said_with_its_reason(name: str) -> None:
    shows, told, hides, instead = EFFECTS[name]
    assert told in reveal(name, shows) and instead not in reveal(name, shows)
    assert instead in reveal(name, hides) and told not in reveal(name, hides)


def test_a_bandwidth_of_short_vectors_is_a_caches() -> None:
    one = lesson("in-a-cache")
    run = answered(one)
    assert "Here the short vectors are no faster" in one.reveal(None, run)  # the made-up core has no cache
    small, large = run.results
    faster = Run(
        run.machine, [measured({"kernel": "triad/compiled", "size": 1 << 14, "dtype": "float32"}, 1e-6), large]
    )
    assert isinstance(small, Measurement)
    assert one.truth(faster).value == pytest.approx(small.time_s.median / 1e-6, rel=0.01)
    assert "The first number is a cache's" in one.reveal(None, faster)


@pytest.mark.parametrize(("cache_mib", "said"), [(15, False), (17, True)])
def test_each_long_vector_is_held_against_four_times_the_last_cache(cache_mib: int, said: bool) -> None:
    here, one = detect(), lesson("in-a-cache")
    cache = CacheLevel("L3", cache_mib << 20)
    machine = replace(here, caches=(cache,), memory_bytes=8 << 30)
    small, large = answered(one, machine=machine).results
    assert isinstance(small, Measurement) and isinstance(large, Measurement)
    quick = measured({"kernel": small.kernel, "size": small.size, "dtype": small.dtype}, 1e-6)
    assert ("even the long vectors" in one.reveal(None, Run(machine, [quick, large]))) == said


def test_an_expression_is_counted_with_the_arrays_that_its_operators_move() -> None:
    moved = registry.kernel("gelu/expression")[1].moved
    under = reveal("wrong-bytes", scaled(gelu__expression=moved))
    assert f"the {moved} that its operators move, it has 50.0 %. Say which" in under
    assert "past the roof by what caches keep" in reveal("wrong-bytes")


def test_samples_of_several_calls_are_called_means() -> None:
    run = answered(lesson("one-sample"))
    for repetitions, said in ((1, False), (3, True)):
        (found,) = run.results
        assert isinstance(found, Measurement)
        object.__setattr__(found, "repetitions", repetitions)
        told = lesson("one-sample").reveal(None, run)
        assert ("Each is the mean of 3 calls" in told) == said


def test_right_bytes_above_the_roof_ask_for_another_run() -> None:
    assert "run it again" in reveal("wrong-bytes", scaled(gelu__fused=0.5))


def test_where_arithmetic_is_slow_a_batch_brings_no_rate_and_the_reading_says_why() -> None:
    one = lesson("batch")
    run = answered(one)
    assert "read once for all rows" in one.reveal(None, run)
    slow = [
        measured({"kernel": r.kernel, "size": r.size, "dtype": r.dtype, "shape": r.shape}, r.flop / 1e9)
        if isinstance(r, Measurement) and r.kernel == "matmul/numpy"
        else r
        for r in run.results
    ]
    assert "Here a larger batch brings hardly any rate" in one.reveal(None, Run(run.machine, slow))


def test_a_quick_single_row_is_said_to_come_from_a_cache() -> None:
    one = lesson("batch")
    run = answered(one)
    fast = [
        measured({"kernel": r.kernel, "size": r.size, "dtype": r.dtype, "shape": r.shape}, r.time_s.median / 2)
        if isinstance(r, Measurement) and r.shape[0] == 1
        else r
        for r in run.results
    ]
    assert "stays in a cache" in one.reveal(None, Run(run.machine, fast))
    assert "few rows have to bear" not in one.reveal(None, run)


def test_a_convolution_has_no_side_without_its_shape() -> None:
    assert lesson("convolution").truth(answered(lesson("convolution"))).value == "compute"
    assert "stands left of it, though" in reveal("convolution")
    assert lesson("convolution").truth(
        answered(lesson("convolution"), scaled(triad__compiled=1e3))
    ).value == "memory"  # fmt: skip


def test_a_guess_that_rounds_to_the_truth_is_not_called_off() -> None:
    form = Number("times", 0.1, 1000)
    assert distance(form, 1.04, Truth(1.0, 0.99, 1.01)).endswith("it is 1.00 times.")
    assert distance(form, 1.3, Truth(1.0, 0.99, 1.01)).endswith("1.3 times too high.")


@given(st.lists(st.floats(1e-6, 1.0), min_size=DRAWN, max_size=100))
def test_ten_single_samples_differ_by_a_factor_of_at_least_one(samples: list[float]) -> None:
    found = spreads(tuple(samples))
    assert 1 <= found.median <= max(samples) / min(samples)
    assert found.n == len(samples) // DRAWN


def test_nine_samples_are_too_few_to_draw_ten() -> None:
    with pytest.raises(LookupError, match="fewer than 10"):
        spreads((1.0,) * 9)
