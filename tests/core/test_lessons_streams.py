"""Lessons on arrays, memory, processors and the type of numbers: what they say, and where they run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
import recorded_hosts
from figure_records import measurement
from hypothesis import given
from hypothesis import strategies as st

from accel_core import registry
from accel_core.codec import PlainData
from accel_core.lessons import LONGEST_S, Lesson, Run, fusion, lesson, memory, precision, threads, vectors
from accel_core.model import Comparison, Estimate, Machine, Measurement
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.runner.spec import complete
from app.fusion import rungs, streams
from app.lab import sweep
from app.parts import answers
from app.roofline import controls as roofline

MINE: tuple[Lesson, ...] = (*fusion.LESSONS, *memory.LESSONS, *threads.LESSONS, *precision.LESSONS)
NAMES = [one.name for one in MINE]
EACH = pytest.mark.parametrize("name", NAMES)
TWO = recorded_hosts.machine("linux-zen5-vm")
ONE = recorded_hosts.machine("linux-graviton3-container")
"""Two processors, and one."""
HOSTS = (*recorded_hosts.KINDS, "linux-graviton3-container", "linux-epyc-9684x", "linux-odroid-xu3")

Case = Mapping[str, Any]
Times = Callable[[Case], float]


def jobs_of(job: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The jobs of a sequence; else the job itself."""
    yield from job["jobs"] if job["kind"] == "sequence" else [job]


def brought(one: Lesson, time_s: Times, machine: Machine = TWO, **extra: object) -> Run:
    """What the job of a lesson would bring if its calls took so long; `extra` are fields of records."""
    results: list[PlainData] = []
    for job in jobs_of(one.job(machine) or {"kind": "bench"}):
        for a, b in job.get("pairs", ()):
            times = time_s(a), time_s(b)
            ratio = Estimate(times[1] / times[0], times[1] / times[0] * 0.99, times[1] / times[0] * 1.01, 20)
            results.append(Comparison(a["kernel"], b["kernel"], a["size"], a["dtype"], 1, *times, ratio))
        results += [measured(case, time_s(case), **extra) for case in job.get("cases", ())]
    return Run(machine, results)


def measured(case: Case, time_s: float, **extra: Any) -> Measurement:
    """A record of a case whose calls took so long each."""
    workload, kernel = registry.kernel(case["kernel"])
    shape = workload.shape(case["size"])
    elements, given = workload.array_elements(shape), dict(extra)
    arrays = given.pop("arrays", {}).get(kernel.name, 1.0)
    busy = given.pop("busy", case["threads"])
    error = given.pop("errors", {}).get(kernel.name, 1e-6)
    digest = given.pop("digests", {}).get(kernel.name, "")
    return replace(
        measurement("numpy"),
        size=case["size"],
        workload=workload.name,
        kernel=kernel.id,
        shape=shape,
        dtype=case["dtype"],
        threads=case["threads"],
        parameters=case["parameters"] or {},
        time_s=Estimate(time_s, time_s, time_s, 21),
        samples_s=(time_s,) * 21,
        flop=workload.flop(shape),
        least_bytes=workload.least_bytes(shape, case["dtype"]),
        peak_alloc_bytes=round(arrays * elements * 4),
        max_relative_error=error,
        output_digest=digest,
        cpu_s=busy,
        **given,
    )


def key(case: Case) -> tuple[object, ...]:
    return case["kernel"], case["size"], case["threads"], case["dtype"]


# -- any times -----------------------------------------------------------------------------------------------


@EACH
@given(data=st.data())
def test_whatever_the_times_the_truth_lies_in_its_interval_and_the_reading_is_whole(
    name: str, data: st.DataObject
) -> None:
    one, drawn = lesson(name), {}

    def time_s(case: Case) -> float:
        return drawn.setdefault(key(case), data.draw(st.floats(1e-7, 1.0)))

    machine = data.draw(st.sampled_from((TWO, ONE)))
    digests = {rung: data.draw(st.sampled_from(("", "ab", "cd"))) for rung in ("numpy_tiled", "numpy")}
    run = brought(one, time_s, machine, digests=digests)
    truth = one.truth(run)
    if truth.low is not None and truth.high is not None:
        assert truth.low <= float(truth.value) <= truth.high
    assert one.form.told(truth.value)
    said = one.reveal(None, run)
    assert said.endswith(".") and said[0].isupper()
    assert not re.search(r"nan|inf|unknown|None|  |\{|\}", said)


@EACH
def test_a_result_that_is_missing_is_a_lookup_error(name: str) -> None:
    one = lesson(name)
    run = brought(one, lambda case: 1e-3)
    for gone in {(type(r), getattr(r, "kernel", getattr(r, "a", ""))) for r in run.results}:
        left = [r for r in run.results if (type(r), getattr(r, "kernel", getattr(r, "a", ""))) != gone]
        with pytest.raises(LookupError):
            one.reveal(None, Run(run.machine, left))


# -- what each says ------------------------------------------------------------------------------------------


def times(**of: float) -> Times:
    """A millisecond for each case, or what stands under its rung, its threads ("t2") or its dtype."""

    def time_s(case: Case) -> float:
        names = (case["kernel"].partition("/")[2], f"t{case['threads']}", case["dtype"])
        return 1e-3 * next((of[name] for name in names if name in of), 1.0)

    return time_s


@pytest.mark.parametrize(
    ("name", "time_s", "words"),
    [
        ("traffic", times(expression=10.0, compiled_tanh=50.0), "is about what was measured"),
        ("traffic", times(expression=10.0, compiled_tanh=50.0), "its arithmetic costs more"),
        ("traffic", times(expression=10.0, compiled_tanh=10.0), "costs what the fewer passes bring"),
        ("traffic", times(expression=30.0), "It is more"),
        ("traffic", times(expression=4.0), "It is less"),
        ("traffic", times(), "Here one pass brings nothing"),
        ("product-bandwidth", times(numpy=100.0), "to use what the add uses"),
        ("product-bandwidth", times(numpy=0.001), "Here the product does come near"),
        ("threads-add", times(t1=2.0), "nearly as much as there are threads"),
        ("threads-add", times(t1=1.4), "1.4 times, not 2"),
        ("threads-add", times(), "Here more threads bring nothing"),
        ("threads-product", times(t1=1.9), "hardly wait for memory"),
        ("threads-product", times(t1=1.4), "how much to each, this run does not tell"),
        ("threads-product", times(), "Here more threads bring nothing"),
        ("chunks", times(numpy=2.0), "Here chunks pay although"),
        ("chunks", times(numpy=0.8), "Chunks cost time"),
        ("chunks", times(row_threads=0.5), "2.00 times as fast as the chunks"),
        ("float32", times(float64=2.0), "2.00 times as fast, and y = 3 x over long vectors 2.00 times"),
        ("float32", times(numpy=3.0, float64=2.0), "Here float32 brings nothing to the product:"),
        ("float32", times(), "Here float32 brings nothing to the product and y = 3 x"),
    ],
)
def test_the_reading_follows_the_numbers(name: str, time_s: Times, words: str) -> None:
    one = lesson(name)
    assert words in one.reveal(None, brought(one, time_s))


@pytest.mark.parametrize("name", ["threads-add", "threads-product"])
def test_a_disturbed_run_is_doubted_and_not_explained(name: str) -> None:
    one = lesson(name)
    for ratio, doubted in ((1.0, True), (1.5, True), (2.0, False)):
        run = brought(one, times(t1=ratio), disturbed=True, disturbed_reason="steal")
        assert one.reveal(None, run).endswith(threads.DOUBT) == doubted


@pytest.mark.parametrize("name", ["threads-add", "threads-product"])
def test_one_processor_is_nothing_to_compare(name: str) -> None:
    one = lesson(name)
    assert one.job(ONE) is None
    assert one.truth(Run(ONE, [])).value == 1.0
    assert one.reveal(None, Run(ONE, [])) == threads.ONE


def test_chunks_on_one_processor_are_not_held_against_threads() -> None:
    one = lesson("chunks")
    assert "nothing else could run meanwhile" in one.reveal(None, brought(one, times(), ONE))


def test_chunks_in_which_the_library_takes_threads_are_not_said_to_run_on_one() -> None:
    one = lesson("chunks")
    assert "so they run on one" in one.reveal(None, brought(one, times(), busy=1.0))
    assert "takes threads by itself" in one.reveal(None, brought(one, times(), busy=1.9))


@pytest.mark.parametrize(
    ("arrays", "found"),
    [(0.0, "none"), (1.01, "none"), (2.0, "one"), (3.02, "two"), (4.0, "more"), (8.0, "more")],
)
def test_arrays_beside_the_result_are_the_peak_but_one(arrays: float, found: str) -> None:
    one = lesson("temporaries")
    run = brought(one, times(), arrays={"expression": arrays, "named_steps": 8.0})
    assert one.truth(run).value == found
    assert ("Here the claim holds" in one.reveal(None, run)) == (found == "none")
    assert found == "none" or "keep 8 arrays" in one.reveal(None, run)


def test_memory_that_was_not_measured_is_a_lookup_error() -> None:
    one = lesson("temporaries")
    run = brought(one, times())
    without = [replace(r, peak_alloc_bytes=None) for r in run.every(Measurement)]
    with pytest.raises(LookupError, match="was not measured"):
        one.truth(Run(run.machine, without))


@pytest.mark.parametrize(
    ("few", "many", "found", "words"),
    [
        (1.0, 1.5, "many", "hands out and clears"),
        (1.9, 1.2, "few", "Here short vectors gain more"),
        (1.0, 1.05, "alike", "Here in place brings nothing"),
        (0.8, 1.05, "alike", "Here in place brings nothing"),
        (1.5, 1.55, "alike", "Here the size makes no difference"),
    ],
)
def test_in_place_pays_where_its_ratio_is_greater(few: float, many: float, found: str, words: str) -> None:
    one = lesson("in-place")

    def time_s(case: Case) -> float:
        slow = few if case["size"] in memory.FEW else many
        return 1e-3 * (slow if case["kernel"] == memory.ALLOCATING else 1.0)

    run = brought(one, time_s)
    truth = one.truth(run)
    assert truth.value == found and set(truth.each) == {"few", "many"}
    assert words in one.reveal(None, run)


@pytest.mark.parametrize(
    ("blocked", "loops", "words"),
    [
        (1e-6, 3e-6, "Blocks lose less than loops"),
        (1e-6, 1e-6, "Here blocks lose as much"),
        (2e-6, 1e-6, "Here blocks lose more"),
        (1e-6, 0.0, "Here blocks lose more"),
    ],
)
def test_errors_of_blocks_are_held_against_those_of_loops(blocked: float, loops: float, words: str) -> None:
    one = lesson("accuracy")
    run = brought(one, times(), errors={"numpy_tiled": blocked, "compiled_ijk": loops, "numpy": 4e-6})
    truth = one.truth(run)
    assert truth.value == pytest.approx(1e6 * blocked) and truth.low is not None
    assert words in one.reveal(None, run) and "in one call by 4.0" in one.reveal(None, run)
    assert f"may differ by {1e6 * blocked + 4:.1f} in an entry" in one.reveal(None, run)


def test_results_are_called_the_same_where_their_digests_are() -> None:
    one = lesson("accuracy")
    kept = {"numpy_tiled": "ab", "compiled_ijk": "cd", "numpy": "ab"}
    assert "same bits in 6 of 6 runs" in one.reveal(None, brought(one, times(), digests=kept))
    assert "in none of 6 runs: each rounds in a way of its own." in one.reveal(
        None, brought(one, times(), digests={**kept, "numpy": "cd"})
    )
    assert "same bits" not in one.reveal(None, brought(one, times(), digests={}))


def test_the_share_of_the_bandwidth_is_that_of_the_least_bytes() -> None:
    one = lesson("product-bandwidth")
    run = brought(one, times(numpy=50.0, compiled_threads=20.0))
    product, add = (run.measurement(kernel) for kernel in (memory.PRODUCT, memory.ADD))
    share = (3 * 4 * memory.SIDE**2 / 50) / (add.least_bytes / 20)
    assert one.truth(run).value == pytest.approx(share) and product.least_bytes == 3 * 4 * memory.SIDE**2


# -- where they run ------------------------------------------------------------------------------------------


@EACH
@pytest.mark.parametrize("host", HOSTS)
def test_a_job_can_be_run_on_every_kind_of_host_within_the_time_that_a_room_waits(name: str, host: str) -> None:
    machine = recorded_hosts.machine(host)
    job = lesson(name).job(machine)
    assert (job is None) == (machine.cores.allowed == 1 and name in ("threads-add", "threads-product"))
    if job is not None:
        spec = complete(job, machine)
        each_s, _ = KINDS[spec.kind].foresee(spec.data, Known(machine))
        assert all(each_s) and sum(each_s) <= LONGEST_S


@given(size_bytes=st.none() | st.integers(1 << 26, 1 << 40), host=st.sampled_from(HOSTS))
def test_vectors_and_what_checks_them_take_at_most_half_of_the_memory(
    size_bytes: int | None, host: str
) -> None:
    machine = replace(recorded_hosts.machine(host), memory_bytes=size_bytes)
    long, most = vectors.streamed(machine, memory.ADD, "float64"), memory.most_elements(machine)
    assert long in registry.workload("add").sizes
    if size_bytes is None:
        assert long <= vectors.UNKNOWN and most == memory.UNTOLD
    else:
        assert vectors.fits(machine, memory.ADD, long, "float64")
        assert vectors.fits(machine, memory.IN_PLACE, most)


def test_fewer_elements_than_asked_for_are_said_with_the_reason() -> None:
    one = lesson("in-place")
    for size_bytes, words in ((1 << 30, "more than half of the 1 GiB of memory"), (None, "is unknown")):
        run = brought(one, times(), replace(TWO, memory_bytes=size_bytes))
        assert words in one.reveal(None, run)
    assert "elements, and what checks them" not in one.reveal(None, brought(one, times()))


def test_vectors_that_a_cache_may_hold_are_said_to_come_from_there() -> None:
    add = measured({**(lesson("threads-add").job(TWO) or {})["cases"][0], "size": 1 << 20}, 1e-3)
    assert vectors.beside_caches(add, TWO).endswith("may have come from there.")
    assert "may have come" not in vectors.beside_caches(replace(add, least_bytes=1 << 40), TWO)
    assert vectors.beside_caches(add, replace(TWO, caches=())) == ""


def test_each_look_is_a_link_that_its_page_takes_as_it_is() -> None:
    matmul, gelu = registry.workload("matmul"), registry.workload("gelu")
    pages: dict[str, list[Any]] = {
        "fusion": [rungs.WORKLOAD, *rungs.controls(TWO, gelu).values(), *streams.controls(TWO).values()],
        "ladder": list(answers.controls(TWO, matmul).values()),
        "lab": [*sweep.controls(TWO).values(), sweep.KERNELS],
        "roofline": [*roofline.controls(TWO).values(), roofline.KERNELS],
    }
    for one in MINE:
        known = {setting.key: setting for setting in pages[one.look.page]}
        for name, value in one.look.settings.items():
            if (one.look.page, name) == ("ladder", "workload"):  # its choice stands in the page itself
                assert value == "matmul"
                continue
            kept, note = known[name].admit([value])
            assert (kept, note) == ([value], None), one.name
