"""Lessons on loops, sizes, blocks and rungs: what they make of invented results, with an effect and without."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from math import prod
from typing import Any

import pytest
import recorded_hosts
from figure_records import measurement
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.cache import CacheGeometry, Count, LevelCount, Simulation, Traversal
from accel_core.codec import PlainData
from accel_core.lessons import (
    LONGEST_S,
    Choice,
    Lesson,
    Number,
    Order,
    Run,
    Truth,
    blocks,
    ladder,
    loops,
    sizes,
)
from accel_core.lessons.caches import crowding
from accel_core.lessons.ties import undecided
from accel_core.model import Comparison, Estimate, Machine
from accel_core.registry import workload
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.runner.spec import complete
from accel_core.units import format_number
from app.lab import sweep
from app.ladder import rung
from app.parts import answers
from app.session.settings import Setting
from app.traversal import choices

LESSONS = (*loops.LESSONS, *sizes.LESSONS, *blocks.LESSONS, *ladder.LESSONS)
NAMES = [one.name for one in LESSONS]
FEW = settings(max_examples=25)
Step = Callable[[dict[str, Any]], float]
"""What a case or a traversal has a step: nanoseconds, or misses."""
EACH = pytest.mark.parametrize("name", NAMES)


def lesson(name: str) -> Lesson:
    return next(one for one in LESSONS if one.name == name)


def parts(job: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from job.get("jobs", [job])


def brought(name: str, machine: Machine, step: Step) -> Run:
    """The results of a lesson's job if each of its cases and traversals had so much a step."""
    found: list[PlainData] = []
    for job in parts(lesson(name).job(machine) or {}):
        found += [compared(a, b, step) for a, b in job.get("pairs", ())]
        found += [measured(case, step(case)) for case in job.get("cases", ())]
        found += [counted(t, job["caches"], step(t)) for t in job.get("traversals", ())]
    return Run(machine, found)


def compared(a: dict[str, Any], b: dict[str, Any], step: Step) -> Comparison:
    steps = a["size"] ** 3
    a_s, b_s = (steps * step(case) / 1e9 for case in (a, b))
    ratio = Estimate(b_s / a_s, 0.99 * b_s / a_s, 1.01 * b_s / a_s, 20)
    return Comparison(a["kernel"], b["kernel"], a["size"], "float32", 1, a_s, b_s, ratio)


def measured(case: dict[str, Any], step_ns: float) -> PlainData:
    shape = tuple(case["shape"] or (case["size"],) * 3)
    samples_s = tuple(prod(shape) * step_ns * part / 1e9 for part in (0.98, 0.99, *[1.0] * 9, 1.01, 1.02))
    return measurement(
        case["kernel"].partition("/")[2],
        1e9,
        size=case["size"],
        shape=shape,
        threads=case["threads"],
        parameters=case["parameters"] or {},
        samples_s=samples_s,
        flop=2 * prod(shape),
    )


def counted(traversal: dict[str, Any], caches: list[dict[str, Any]], misses: float) -> Simulation:
    whole = Traversal.from_dict(traversal)
    count = Count(whole.accesses, 0, round(misses * prod(whole.shape)), 0, None, None, 0, 0)
    levels = [LevelCount("L1", CacheGeometry.from_dict(cache), count, {}) for cache in caches]
    return Simulation(whole, whole.accesses, tuple(levels))


def slow_where_claimed(one: dict[str, Any]) -> float:
    """Nanoseconds, or misses, of a step on a machine on which every lesson's effect shows."""
    if "order" in one:
        side = (one["block"] or [0])[0]
        return {"ijk": 1.0, "ikj": 0.05}[one["order"]] / (1 if side in (0, 64) and not one["pad"] else 20)
    name, block = one["kernel"].partition("/")[2], (one["parameters"] or {}).get("block")
    if name == "compiled_ijk" and one["size"] == 1024:
        return 7.0
    if block:
        return 0.7 if block == 64 else 0.4
    known = {"python_loops": 200.0 if one["size"] != 512 else 300.0, "compiled_ijk": 0.8, "register_tile": 0.2}
    later = {"compiled_ikj": 0.08, "vector_tile": 0.02, "packed": 0.01, "packed_threads": 0.004, "numpy": 0.005}
    return {**known, **later, "compiled_tiled": 0.4}[name]


@pytest.fixture(scope="module")
def usual() -> Machine:
    return recorded_hosts.machine(recorded_hosts.USUAL)


@EACH
def test_a_job_is_accepted_on_every_recorded_host_and_foreseen_to_end_in_time(name: str) -> None:
    for host in recorded_hosts.NAMES:
        machine = recorded_hosts.machine(host)
        job = lesson(name).job(machine)
        assert job is not None
        spec = complete(job, machine)
        each_s, _ = KINDS[spec.kind].foresee(spec.data, Known(machine))
        assert sum(each_s) <= LONGEST_S, host


@EACH
def test_the_page_to_look_at_next_has_these_settings(name: str, usual: Machine) -> None:
    matmul = workload("matmul")
    pages: dict[str, list[Setting]] = {
        "lab": [*sweep.controls(usual).values(), sweep.KERNELS],
        "ladder": [*answers.controls(usual, matmul).values(), rung.choice(matmul)],
        "traversal": [*choices.controls(usual).values()],
    }
    look = lesson(name).look
    known = {setting.key: setting for setting in pages[look.page]}
    for key, value in look.settings.items():
        assert known[key].admit([value]) == ([value], None)


@EACH
def test_where_an_effect_does_not_show_the_reading_says_so(name: str, usual: Machine) -> None:
    one = lesson(name)
    without = one.reveal(None, brought(name, usual, lambda _: 0.5))
    within = one.reveal(None, brought(name, usual, slow_where_claimed))
    assert "Here " in without and "Here " not in within


@EACH
def test_a_result_that_is_missing_is_no_answer(name: str, usual: Machine) -> None:
    whole = brought(name, usual, slow_where_claimed)
    for left_out in range(len(whole.results)):
        fewer = Run(usual, [*whole.results[:left_out], *whole.results[left_out + 1 :]])
        with pytest.raises(LookupError):
            lesson(name).reveal(None, fewer)


@EACH
def test_a_stored_run_says_the_same(name: str, usual: Machine) -> None:
    ran = brought(name, usual, slow_where_claimed)
    back = Run.from_dict(json.loads(json.dumps(ran.to_dict())))
    assert lesson(name).reveal(None, back) == lesson(name).reveal(None, ran)


@EACH
@FEW
@given(data=st.data(), host=st.sampled_from(recorded_hosts.NAMES))
def test_whatever_is_measured_is_told_in_whole_sentences(name: str, data: st.DataObject, host: str) -> None:
    drawn = st.floats(0.001, 1000)
    run = brought(name, recorded_hosts.machine(host), lambda _: data.draw(drawn))
    one = lesson(name)
    truth, said = one.truth(run), one.reveal(None, run)
    assert said.endswith(".") and "  " not in said and "nan" not in said and "None" not in said
    if isinstance(one.form, Number):
        assert truth.low is not None and truth.high is not None
        assert truth.low <= float(truth.value) <= truth.high
    else:
        assert set(truth.each) == set(one.form.answers)
        ranks = [truth.each[found].median for found in str(truth.value).split(",")]
        assert ranks == sorted(ranks, reverse=True)
    if isinstance(one.form, Choice):
        best = min if name == "block-fits" else max
        assert ranks == [best(estimate.median for estimate in truth.each.values())]
    if isinstance(one.form, Order):
        assert one.form.read(str(truth.value)) == truth.value


@pytest.mark.parametrize(
    ("name", "of", "over"),
    [
        ("misses-in-python", ("matmul/python_loops", 512), ("matmul/python_loops", 32)),
        ("beyond-blocks", ("matmul/compiled_tiled", 512), ("matmul/numpy", 512)),
    ],
)
@FEW
@given(slow=st.floats(0.01, 100), fast=st.floats(0.01, 100))
def test_a_ratio_is_that_of_steps_whatever_the_shapes(
    name: str, of: tuple[str, int], over: tuple[str, int], slow: float, fast: float
) -> None:
    asked = {of: slow, over: fast}
    machine = recorded_hosts.machine(recorded_hosts.USUAL)
    run = brought(name, machine, lambda case: asked.get((case["kernel"], case["size"]), 1.0))
    assert lesson(name).truth(run).value == pytest.approx(slow / fast)


def test_a_count_of_misses_has_no_uncertainty(usual: Machine) -> None:
    run = brought("order-misses", usual, lambda one: {"ijk": 1.0, "ikj": 0.0625}[one["order"]])
    truth = lesson("order-misses").truth(run)
    assert truth.low == truth.value == truth.high == pytest.approx(16.0)


def test_the_first_of_the_sizes_is_slow_for_its_sets_and_not_for_its_data(usual: Machine) -> None:
    said = lesson("sizes").reveal("1025", brought("sizes", usual, slow_where_claimed))
    assert said.startswith("You said: N=1025. Found was: N=1024.")
    assert "7.00 ns at N=1024" in said and "4.01 MiB instead of 4 MiB" in said and "1,024 rows" in said


def test_crowding_counts_the_sets_that_rows_begin_in(usual: Machine) -> None:
    nearest = usual.cache("L1")
    assert nearest is not None and nearest.ways and nearest.line_bytes
    way_bytes = nearest.size_bytes // nearest.ways
    assert f"1 of the {way_bytes // nearest.line_bytes:,} sets of L1, with room for {nearest.ways}" in crowding(
        usual, nearest.ways + 1, way_bytes
    )
    assert crowding(usual, nearest.ways, way_bytes) == ""
    assert crowding(usual, 10_000, way_bytes + 4) == ""


def test_unknown_caches_are_assumed_in_a_sentence_and_nothing_is_said_of_their_sets() -> None:
    bare = recorded_hosts.machine("linux-odroid-c2")
    assert not bare.caches and crowding(bare, 1 << 20, 4096) == ""
    for name in ("order-misses", "block-fits"):
        assert "are assumed." in lesson(name).reveal(None, brought(name, bare, slow_where_claimed))


def test_packing_that_brings_nothing_is_said_with_the_caches(usual: Machine) -> None:
    said = lesson("most").reveal(None, brought("most", usual, lambda _: 1.0))
    second = usual.caches[1]
    assert f"Here packing brings next to nothing: b has 1 MiB, and {second.level}" in said
    assert "team of 2 threads brings next to nothing" in lesson("most").reveal(
        None, brought("most", on(usual, 2), lambda _: 1.0)
    )


def test_packing_that_makes_it_slower_is_not_called_nothing(usual: Machine) -> None:
    run = brought("most", usual, lambda case: 2.0 if case["kernel"] == "matmul/packed" else 1.0)
    assert "Here packing costs more than it brings" in lesson("most").reveal(None, run)


def test_all_rungs_are_timed_as_the_team_of_threads_is(usual: Machine) -> None:
    for name in ("most", "beyond-blocks"):
        assert not any(job["in_turns"] for job in parts(lesson(name).job(usual) or {}))


@pytest.mark.parametrize(("line_bytes", "told"), [(16, "2.5 times"), (64, "8.5 times"), (128, "16 times")])
def test_fewer_misses_are_counted_with_the_lines_of_this_machine(
    usual: Machine, line_bytes: int, told: str
) -> None:
    first, *others = usual.caches
    machine = replace(usual, caches=(replace(first, line_bytes=line_bytes), *others))
    for factor, than in ((2.0, "no more than that"), (40.0, "is more than that")):
        run = brought("order", machine, lambda case, f=factor: f if case["kernel"].endswith("ijk") else 1.0)
        said = lesson("order").reveal(None, run)
        assert f"fewer misses alone would bring {told}" in said and than in said


def test_a_rung_that_brings_no_speed_is_said(usual: Machine) -> None:
    steps = {"matmul/packed": 0.02, "matmul/vector_tile": 0.019}
    run = brought("beyond-blocks", usual, lambda case: steps.get(case["kernel"], slow_where_claimed(case)))
    assert lesson("beyond-blocks").reveal(None, run).endswith("Here packed panels bring no speed.")


def on(machine: Machine, processors: int) -> Machine:
    return replace(machine, cores=replace(machine.cores, allowed=processors))


def test_one_processor_is_a_reason_for_threads_to_bring_nothing(usual: Machine) -> None:
    run = brought("most", on(usual, 1), lambda _: 1.0)
    assert "Here there is one processor to use" in lesson("most").reveal(None, run)


@pytest.mark.parametrize("name", ["block-numpy", "block-compiled"])
def test_the_usual_block_is_called_the_best_where_it_is(name: str, usual: Machine) -> None:
    run = brought(name, usual, lambda case: 0.1 if case["parameters"]["block"] == 64 else 0.2)
    assert lesson(name).truth(run).value == "64"
    assert "Here block 64 is fastest, at 20.0 GFLOP/s." in lesson(name).reveal("64", run)


@pytest.mark.parametrize(
    ("value", "each", "said"),
    [
        ("a", {"a": (9, 11), "b": (8, 9), "c": (1, 2)}, "Within the intervals the b may be as good."),
        ("a", {"a": (9, 11), "b": (7, 8), "c": (1, 2)}, ""),
        ("a,b,c", {"a": (9, 11), "b": (7, 8), "c": (6, 7)}, "other way round: the b and the c."),
        ("a,b,c", {"a": (9, 11), "b": (7, 8), "c": (5, 6)}, ""),
        ("a", {"a": (None, None), "b": (1, 4), "c": (5, 6)}, "Within the intervals the c may be as good."),
    ],
)
def test_answers_whose_intervals_touch_are_left_open(
    value: str, each: dict[str, tuple[float | None, float | None]], said: str
) -> None:
    known = {name: Estimate(((low or 5) + (high or 5)) / 2, low, high, 9) for name, (low, high) in each.items()}
    told = undecided(Truth(value, each=known), "the {}".format)
    assert told.endswith(said) and bool(told) == bool(said)


def by_block(known: dict[tuple[int, int], float]) -> Step:
    return lambda one: known.get((one["block"][0], one["pad"]), 0.02)


def test_a_block_that_lacks_sets_alone_is_told_from_one_that_lacks_more(usual: Machine) -> None:
    for padded, said in ((0.01, "not in the cache"), (0.5, "is part of what it lacks"), (1.0, "")):
        steps = {(64, 0): 1.0, (64, blocks.PADDING): padded}
        told = lesson("block-fits").reveal(None, brought("block-fits", usual, by_block(steps)))
        assert said in told and ("With rows longer" in told) == bool(said)


def test_rates_of_rungs_are_told_as_measured(usual: Machine) -> None:
    said = lesson("beyond-blocks").reveal(10.0, brought("beyond-blocks", usual, slow_where_claimed))
    told = [f"{format_number(2 / step)} GFLOP/s" for step in (0.4, 0.005, 0.2, 0.02, 0.01)]
    assert all(rate in said for rate in told) and "50 % of the library" in said
