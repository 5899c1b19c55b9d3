"""Checks: each fires on a pack that was spoiled in its way alone, and is quiet on sound ones."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import recorded_hosts
from hypothesis import given, settings
from hypothesis import strategies as st
from packs_of import ASSIGNMENT, Student, sound_pack

from accel_core.homework.assignment import Assignment
from accel_core.homework.checking import checks, loading
from accel_core.homework.checking.among import AMONG
from accel_core.homework.checking.checks import Row, check_file, check_packs, packs_in
from accel_core.homework.checking.registry import ALONE
from accel_core.homework.pack import ExperimentDone, Pack, pack_text
from accel_core.homework.shared import nanoseconds
from accel_core.lessons import Run
from accel_core.model import (
    BlockRun,
    Case,
    Ceiling,
    Comparison,
    Estimate,
    Measurement,
    OperationTime,
    Refusal,
    Series,
    Trial,
)
from accel_core.model.packed import packed, unpacked
from accel_core.stats import median_interval
from accel_core.transformer import BlockShape

Spoil = Callable[[Pack], Pack]


def checked(folder: Path, *packs: Pack | str, assignment: Assignment = ASSIGNMENT) -> list[Row]:
    for at, pack in enumerate(packs):
        text = pack if isinstance(pack, str) else pack_text(pack)
        (folder / f"{at:03}.json").write_text(text, encoding="utf-8")
    return check_packs(packs_in([str(folder)]), assignment, processes=1)


def found(row: Row) -> set[tuple[str, str]]:
    return {(one.check, one.grade) for one in row.findings}


@pytest.mark.parametrize("host", recorded_hosts.KINDS)
def test_nothing_is_found_in_a_sound_pack(tmp_path: Path, host: str) -> None:
    (row,) = checked(tmp_path, sound_pack("s1", host))
    assert (row.status, row.findings) == ("ok", ())
    assert row.done == len(row.lacks) == 6


def test_nothing_is_found_in_a_sound_pack_with_a_transformer_block(tmp_path: Path) -> None:
    (row,) = checked(tmp_path, a_block()(sound_pack()))
    assert row.findings == ()


# -- a pack spoiled in one way -------------------------------------------------------------------------------


def each(pack: Pack, change: Callable[[Measurement], Measurement], kernel: str = "matmul/numpy") -> Pack:
    """The pack with one measurement of its ladder changed."""
    ladder, *others = pack.experiments
    changed = tuple(change(m) if m.kernel == kernel else m for m in ladder.measurements)
    return replace(pack, experiments=(replace(ladder, measurements=changed), *others))


def resampled(took: Callable[[list[int]], list[int]]) -> Spoil:
    """Other samples, with everything that follows from them right."""

    def change(m: Measurement) -> Measurement:
        new = took(list(nanoseconds(m)))
        samples = tuple(ns * 1e-9 / m.repetitions for ns in new)
        total_s = sum(new) * 1e-9
        return replace(
            m,
            samples_s=samples,
            time_s=median_interval(samples),
            wall_s=total_s,
            cpu_s=total_s,
            gaps=packed([500] * (len(new) - 1)),
        )

    return lambda pack: each(pack, change)


def lesson_changed(**given: Any) -> Spoil:
    return lambda pack: replace(pack, lessons=(replace(pack.lessons[0], **given), *pack.lessons[1:]))


def guessed(**given: Any) -> Spoil:
    def spoil(pack: Pack) -> Pack:
        guess = pack.lessons[0].guess
        assert guess is not None
        return lesson_changed(guess=replace(guess, **given))(pack)

    return spoil


def compared(change: Callable[[Comparison], Comparison]) -> Spoil:
    def spoil(pack: Pack) -> Pack:
        run = pack.lessons[0].run
        results = [change(r) if isinstance(r, Comparison) else r for r in run.results]
        return lesson_changed(run=replace(run, results=results))(pack)

    return spoil


def copied_rung(pack: Pack) -> Pack:
    """The samples of one rung for another, at the same time."""
    source = next(m for m in pack.experiments[0].measurements if m.kernel == "matmul/numpy")
    sampled = {name: getattr(source, name) for name in ("start_ns", "created")}
    return each(pack, lambda m: replace(m, **sampled), "matmul/packed")


def one_roof(**given: Any) -> Spoil:
    def spoil(pack: Pack) -> Pack:
        assert pack.peaks is not None
        first, *others = pack.peaks.ceilings
        return replace(pack, peaks=replace(pack.peaks, ceilings=(replace(first, **given), *others)))

    return spoil


def roofs_timed(took: Callable[[list[int]], list[int]], turns: int = 1) -> Spoil:
    """Other samples of every compute and memory roof, of so many times the turns, with all that follows."""

    def change(ceiling: Ceiling) -> Ceiling:
        (series,) = ceiling.series
        new = took(list(series.took_ns()))
        start_ns = series.starts_ns()[0]
        since = [start_ns, *(ns + 10**7 for ns in new[:-1])]
        changed = replace(
            series, repetitions=turns * series.repetitions, samples=packed(new), starts=packed(since)
        )
        seen = median_interval(changed.rates())
        return replace(ceiling, value=seen.median, low=seen.low, high=seen.high, n=seen.n, series=(changed,))

    def spoil(pack: Pack) -> Pack:
        assert pack.peaks is not None
        return replace(pack, peaks=replace(pack.peaks, ceilings=tuple(map(change, pack.peaks.ceilings))))

    return spoil


def a_roof_s_starts(change: Callable[[list[int]], list[int]]) -> Spoil:
    def spoil(pack: Pack) -> Pack:
        assert pack.peaks is not None
        (series,) = pack.peaks.ceilings[0].series
        moved = replace(series, starts=packed(change(list(unpacked(series.starts)))))
        return one_roof(series=(moved,))(pack)

    return spoil


def roofs(**given: Any) -> Spoil:
    """The peaks with other parts."""
    return lambda pack: replace(pack, peaks=replace(pack.peaks, **given) if pack.peaks else None)


def old_roofs(pack: Pack) -> Pack:
    return roofs(created="2026-10-01T00:00:00+00:00")(pack)


def copied_roof(pack: Pack) -> Pack:
    """The samples of one roof for another, and what follows from them."""
    assert pack.peaks is not None
    first, second, *others = pack.peaks.ceilings
    return roofs(ceilings=(first, replace(first, name=second.name, dtype=second.dtype), *others))(pack)


def a_better_latency(pack: Pack) -> Pack:
    assert pack.peaks is not None
    (near,) = pack.peaks.latencies
    time_s = replace(near.time_s, median=near.time_s.median / 2, low=near.time_s.low, high=near.time_s.high)
    return roofs(latencies=(replace(near, time_s=time_s),))(pack)


def a_higher_curve(pack: Pack) -> Pack:
    assert pack.peaks is not None
    (point,) = pack.peaks.curve
    assert point.bandwidth_byte_per_s is not None
    higher = replace(point.bandwidth_byte_per_s, n=99)
    return roofs(curve=(replace(point, bandwidth_byte_per_s=higher),))(pack)


def without_samples(pack: Pack) -> Pack:
    assert pack.peaks is not None
    return roofs(ceilings=tuple(replace(c, series=()) for c in pack.peaks.ceilings))(pack)


def a_trial() -> Trial:
    return Student("cold", recorded_hosts.machine(recorded_hosts.USUAL)).trial("cold")


def with_result(pack: Pack, result: Trial | BlockRun) -> Pack:
    """With one more result in its first lesson."""
    done, *others = pack.lessons
    run = Run(done.run.machine, [*done.run.results, result])
    return replace(pack, lessons=(replace(done, run=run), *others))


def trial_timed(took: Callable[[list[int]], list[int]]) -> Spoil:
    """With a trial of which the right way has other samples."""
    trial = a_trial()
    right, wrong = trial.series
    ns = took(list(right.took_ns()))
    since = [right.starts_ns()[0], *(one + 500 for one in ns[:-1])]
    new = replace(right, samples=packed(ns), starts=packed(since[: len(right.took_ns())]))
    return lambda pack: with_result(pack, replace(trial, right_s=new.call_s(), series=(new, wrong)))


def a_block(**changed: Any) -> Spoil:
    """With a transformer block in its first lesson, parts of it changed."""
    student = Student("block", recorded_hosts.machine(recorded_hosts.USUAL))
    run = student.block(BlockShape(64, 2, 128, 32, 100, 1), "numpy")
    return lambda pack: with_result(pack, replace(run, **{name: new(run) for name, new in changed.items()}))


def first_operation(change: Callable[[OperationTime], OperationTime]) -> Spoil:
    return a_block(operations=lambda run: (change(run.operations[0]), *run.operations[1:]))


def better(claim: Estimate) -> Estimate:
    return replace(claim, median=claim.median / 2)


def fixed(**given: Any) -> Spoil:
    return lambda pack: replace(pack, fixed=replace(pack.fixed, **given))


def faster(factor: float) -> Spoil:
    """One rung so many times as fast, its samples too."""
    return resampled(lambda took: [round(ns / factor) for ns in took])


def left_out(pack: Pack) -> Pack:
    ladder, *others = pack.experiments
    gone, *kept = ladder.measurements
    case = Case(gone.kernel, gone.size, gone.dtype, gone.threads, gone.parameters)
    refusal = Refusal(case, "It did not work.")
    return replace(pack, experiments=(ExperimentDone("ladder", tuple(kept), (refusal,)), *others))


CALM = "matmul/numpy"
SPOILED: Mapping[str, tuple[str, str, Spoil]] = {
    "another schema": ("schema", "look", lambda p: replace(p, schema=2)),
    "another student's id": ("schema", "impossible", lambda p: replace(p, student="s2")),
    "what nobody asked for": ("schema", "look", lambda p: replace(p, answers={**p.answers, "how": "Well."})),
    "two measurements under one id": (
        "schema",
        "impossible",
        lambda p: each(p, lambda m: replace(m, id=p.experiments[1].measurements[0].id)),
    ),
    "a lesson twice": ("schema", "look", lambda p: replace(p, lessons=(*p.lessons, p.lessons[0]))),
    "more work": ("arithmetic", "impossible", lambda p: each(p, lambda m: replace(m, flop=m.flop + 2))),
    "another shape": ("arithmetic", "impossible", lambda p: each(p, lambda m: replace(m, shape=(256, 256)))),
    "an unknown kernel": ("arithmetic", "impossible", lambda p: each(p, lambda m: replace(m, kernel="a/b"))),
    "a result unchecked": ("arithmetic", "impossible", lambda p: each(p, lambda m: replace(m, verified=False))),
    "another length": (
        "arithmetic",
        "impossible",
        lambda p: each(p, lambda m: replace(m, wall_s=2 * m.wall_s)),
    ),
    "a better median": (
        "claimed statistics",
        "impossible",
        lambda p: each(p, lambda m: replace(m, time_s=replace(m.time_s, median=m.time_s.median / 2))),
    ),
    "more samples claimed": (
        "claimed statistics",
        "impossible",
        lambda p: each(p, lambda m: replace(m, time_s=replace(m.time_s, n=1000))),
    ),
    "a better ratio": (
        "claimed statistics",
        "impossible",
        compared(lambda c: replace(c, ratio=replace(c.ratio, median=2 * c.ratio.median))),
    ),
    "another time in a comparison": (
        "claimed statistics",
        "impossible",
        compared(lambda c: replace(c, time_s_a=c.time_s_a / 2)),
    ),
    "a comparison without samples": ("claimed statistics", "look", compared(lambda c: replace(c, series=()))),
    "other intensities": ("deterministic parts", "impossible", fixed(intensities={"matmul": 1.0})),
    "other misses": ("deterministic parts", "impossible", fixed(misses=1)),
    "other inputs": ("deterministic parts", "impossible", fixed(inputs="0" * 64)),
    "another checksum": ("deterministic parts", "impossible", fixed(checksum=1)),
    "samples without time": ("clock", "impossible", resampled(lambda took: [0, *took[1:]])),
    "samples all alike": ("clock", "impossible", resampled(lambda took: [took[0]] * len(took))),
    "whole microseconds": ("clock", "look", resampled(lambda took: [round(ns, -3) for ns in took])),
    "samples over and over": ("clock", "impossible", resampled(lambda took: took[:10] * 4)),
    "samples in steps": ("clock", "impossible", resampled(lambda took: [took[0] + 7 * i for i in range(40)])),
    "short samples": ("clock", "look", resampled(lambda took: [ns // 20 for ns in took])),
    "no starts": ("order of times", "look", lambda p: each(p, lambda m: replace(m, start_ns=None))),
    "backwards": (
        "order of times",
        "impossible",
        lambda p: each(p, lambda m: replace(m, gaps=packed([-5000] * 39))),
    ),
    "fewer starts": ("order of times", "impossible", lambda p: each(p, lambda m: replace(m, gaps=packed([1])))),
    "two at one time": ("order of times", "impossible", copied_rung),
    "after the pack": (
        "total time",
        "impossible",
        lambda p: each(p, lambda m: replace(m, created="2027-01-01T00:00:00+00:00")),
    ),
    "before the beginning": (
        "total time",
        "impossible",
        lambda p: each(p, lambda m: replace(m, created="2026-01-01T00:00:00+00:00")),
    ),
    "no time of day": ("total time", "impossible", lambda p: replace(p, created="soon")),
    "more than passed": (
        "total time",
        "impossible",
        resampled(lambda took: [100 * 10**9 + ns for ns in took]),
    ),
    "a guess afterwards": ("guess before run", "impossible", guessed(committed="2026-11-02T23:00:00+00:00")),
    "a guess without time": ("guess before run", "impossible", guessed(committed="early")),
    "a guess of what was known": (
        "guess before run",
        "look",
        lesson_changed(known_since="2026-10-01T00:00:00+00:00"),
    ),
    "a guess of another lesson": ("guess before run", "impossible", guessed(lesson="order")),
    "above the roof": ("under the roof", "look", faster(2.5)),
    "far above the roof": ("under the roof", "impossible", faster(9.0)),
    "a better roof": ("claimed statistics", "impossible", one_roof(value=3e11, low=2e11, high=4e11)),
    "a better latency": ("claimed statistics", "impossible", a_better_latency),
    "more samples of the curve": ("claimed statistics", "impossible", a_higher_curve),
    "roofs without samples": ("claimed statistics", "look", without_samples),
    "a roof's samples all alike": ("clock", "impossible", roofs_timed(lambda took: [took[0]] * len(took))),
    "a roof's samples without time": ("clock", "impossible", roofs_timed(lambda took: [0, *took[1:]])),
    "a roof backwards": ("order of times", "impossible", a_roof_s_starts(lambda at: [at[0], -5, *at[2:]])),
    "fewer starts of a roof": ("order of times", "impossible", a_roof_s_starts(lambda at: at[:-1])),
    "one roof's samples for two": ("order of times", "impossible", copied_roof),
    "roofs after the pack": ("total time", "impossible", roofs(created="2027-01-01T00:00:00+00:00")),
    "a trial's samples all alike": ("clock", "impossible", trial_timed(lambda took: [took[0]] * len(took))),
    "a trial with more samples than starts": (
        "order of times",
        "impossible",
        trial_timed(lambda took: [*took, took[0] + 1]),
    ),
    "a trial that took longer than passed": (
        "total time",
        "impossible",
        trial_timed(lambda took: [100 * 10**9 + ns for ns in took]),
    ),
    "a block's better median": (
        "claimed statistics",
        "impossible",
        a_block(whole_s=lambda b: better(b.whole_s)),
    ),
    "an operation's better median": (
        "claimed statistics",
        "impossible",
        first_operation(lambda one: replace(one, time_s=better(one.time_s))),
    ),
    "an operation without samples": (
        "claimed statistics",
        "look",
        first_operation(lambda one: replace(one, series=Series(1, packed([]), packed([])))),
    ),
    "an operation without passes": (
        "arithmetic",
        "impossible",
        first_operation(lambda one: replace(one, series=replace(one.series, repetitions=0))),
    ),
    "an operation with fewer starts": (
        "order of times",
        "impossible",
        first_operation(lambda one: replace(one, series=replace(one.series, starts=packed([1])))),
    ),
    "operations of another block": ("arithmetic", "impossible", a_block(operations=lambda b: b.operations[1:])),
    "a block in no state": ("arithmetic", "impossible", a_block(state=lambda b: "fast")),
    "a block of no shape": ("arithmetic", "impossible", a_block(shape=lambda b: {"width": 64})),
    "a block after the pack": (
        "total time",
        "impossible",
        a_block(created=lambda b: "2027-01-01T00:00:00+00:00"),
    ),
    "a block of another machine": ("one machine", "look", a_block(fingerprint=lambda b: "f00d")),
    "a roof outside its interval": ("roofs", "impossible", one_roof(low=1.0, high=2.0)),
    "roofs of another machine": (
        "roofs",
        "impossible",
        lambda p: replace(p, peaks=replace(p.peaks, fingerprint="f00d") if p.peaks else None),
    ),
    "a recorded machine": (
        "one machine",
        "impossible",
        lambda p: replace(p, machine=replace(p.machine, pretended="host.json")),
    ),
    "another machine's record": (
        "one machine",
        "look",
        lambda p: each(p, lambda m: replace(m, fingerprint="f00d")),
    ),
    "left out without need": ("left out", "look", left_out),
}
ALSO = {
    "an operation without passes": {("claimed statistics", "look")},
    "an operation without samples": {("order of times", "look")},
    "samples without time": {("claimed statistics", "impossible")},
    "short samples": {("under the roof", "impossible")},
    "far above the roof": {("clock", "look")},
    "a roof outside its interval": {("claimed statistics", "impossible")},
    "a trial that took longer than passed": {("guess before run", "impossible")},
    "a roof's samples without time": {("speed among the class", "look")},
}
"""What else is wrong with such a pack."""


@pytest.mark.parametrize("way", SPOILED)
def test_a_check_fires_where_a_pack_is_spoiled_in_its_way(tmp_path: Path, way: str) -> None:
    check, grade, spoil = SPOILED[way]
    (row,) = checked(tmp_path, spoil(sound_pack()))
    assert {(check, grade)} <= found(row) <= {(check, grade)} | ALSO.get(way, set())
    assert all(one.sentence.endswith(".") for one in row.findings)


def test_every_check_of_one_pack_is_among_those_that_fire() -> None:
    assert {check for check, _, _ in SPOILED.values()} == {name for name, _ in ALONE}


# -- among all -----------------------------------------------------------------------------------------------


def test_samples_of_a_trial_that_two_packs_share_are_told(tmp_path: Path) -> None:
    mine, same = (Student(name, recorded_hosts.machine(recorded_hosts.USUAL)).trial("cold") for name in "ab")
    rows = checked(
        tmp_path, *(with_result(sound_pack(s), t) for s, t in (("s1", mine), ("s2", same), ("s3", same)))
    )
    assert [row.status for row in rows] == ["ok", "impossible", "impossible"]
    assert found(rows[1]) == {("shared samples", "impossible")}


def test_a_trial_of_before_its_samples_were_kept_is_read_and_says_so(tmp_path: Path) -> None:
    (done, *_) = sound_pack().lessons
    old = replace(a_trial(), series=())
    same = with_result(sound_pack("b"), old)
    assert with_result(sound_pack(), old).lessons[0].run.results == [*done.run.results, old]
    rows = checked(tmp_path, with_result(sound_pack(), old), same)
    for row in rows:
        assert found(row) == {("order of times", "look"), ("shared samples", "impossible")}
        assert "the trial cold: it does not say when its samples began." in {f.sentence for f in row.findings}


def test_packs_from_one_computer_share_its_roofs_and_nobody_is_blamed(tmp_path: Path) -> None:
    mine, theirs = sound_pack("a"), sound_pack("b")
    rows = checked(tmp_path, mine, replace(theirs, peaks=mine.peaks))
    assert [row.status for row in rows] == ["ok", "ok"]


def test_roofs_of_before_the_assignment_do_not_count_among_its_time(tmp_path: Path) -> None:
    long = roofs_timed(lambda took: [10_001 * ns for ns in took], turns=10_001)
    rows = checked(tmp_path, long(sound_pack()), long(old_roofs(sound_pack("b"))))
    assert found(rows[0]) == {("total time", "impossible")} and rows[1].status == "ok"


def renamed(pack: Pack, student: str) -> Pack:
    """A friend's pack under one's own id, with a seed and parts that fit."""
    mine = sound_pack(student)
    return replace(pack, student=student, seed=mine.seed, fixed=mine.fixed)


def among_found(rows: list[Row], check: str) -> list[set[str]]:
    return [{one.grade for one in row.findings if one.check == check} for row in rows]


def test_samples_that_two_students_share_are_impossible(tmp_path: Path) -> None:
    rows = checked(tmp_path, sound_pack("a"), sound_pack("b"), renamed(sound_pack("a"), "c"))
    assert among_found(rows, "shared samples") == [{"impossible"}, set(), {"impossible"}]
    assert [row.status for row in rows] == ["impossible", "ok", "impossible"]


def test_results_that_two_students_share_are_impossible_whatever_became_of_the_samples(tmp_path: Path) -> None:
    stolen = next(m for m in sound_pack("a").measurements() if m.kernel == "matmul/numpy").output_digest
    mine = each(sound_pack("b"), lambda m: replace(m, output_digest=stolen))
    rows = checked(tmp_path, sound_pack("a"), mine)
    assert among_found(rows, "shared samples") == [{"impossible"}, {"impossible"}]


def test_a_student_who_hands_in_twice_is_told_and_not_blamed(tmp_path: Path) -> None:
    rows = checked(tmp_path, sound_pack("a"), sound_pack("a"))
    assert [row.status for row in rows] == ["look", "look"]
    assert among_found(rows, "handed in once") == [{"look"}, {"look"}]


def test_a_speed_that_is_none_of_its_processor_asks_for_a_look(tmp_path: Path) -> None:
    class_of = [sound_pack(f"s{i}", speed=1 + i / 10) for i in range(6)]
    slow = sound_pack("slow", speed=1 / 9)
    rows = checked(tmp_path, *class_of, slow, sound_pack("elsewhere", "darwin-m2", 1 / 9))
    assert among_found(rows, "speed among the class") == [*[set()] * 6, {"look"}, set()]
    assert {name for name, _ in AMONG} == {"shared samples", "handed in once", "speed among the class"}


def test_a_speed_whose_record_says_what_disturbed_it_asks_for_none(tmp_path: Path) -> None:
    def slow(m: Measurement) -> Measurement:
        samples = tuple(9 * s for s in m.samples_s)
        return replace(m, samples_s=samples, time_s=median_interval(samples), wall_s=9 * m.wall_s)

    class_of = [sound_pack(f"s{i}") for i in range(6)]
    rows = checked(
        tmp_path,
        *class_of,
        each(sound_pack("a"), slow),
        each(sound_pack("b"), lambda m: replace(slow(m), disturbed=True)),
    )
    assert among_found(rows, "speed among the class") == [*[set()] * 6, {"look"}, set()]


# -- what is missing, foreign or no pack ---------------------------------------------------------------------


def test_a_pack_that_lacks_parts_is_incomplete_whatever_it_says_of_itself(tmp_path: Path) -> None:
    whole = sound_pack()
    ladder, sweep, roofs = whole.experiments
    part = replace(ladder, measurements=ladder.measurements[1:])
    rows = checked(
        tmp_path,
        replace(whole, experiments=(part, sweep, roofs)),
        replace(sound_pack("b"), answers={"why": "  "}, lessons=()),
        replace(sound_pack("c"), peaks=None),
    )
    assert [row.status for row in rows] == ["incomplete"] * 3
    assert [{part for part, said in row.lacks if said} for row in rows] == [
        {"ladder"},
        {"why", "library", "power-of-two"},
        {"roofs"},
    ]


def test_a_pack_of_another_assignment_is_foreign(tmp_path: Path) -> None:
    other = replace(ASSIGNMENT, title="Another")
    (row,) = checked(tmp_path, sound_pack(), assignment=other)
    assert row.status == "foreign" and row.student == "s1234567"


SOUND = sound_pack().to_dict()
DAMAGED = {
    "empty": "",
    "cut": pack_text(sound_pack())[:-300],
    "no json": "Dear professor, the dog ate it.",
    "deep": "[" * 100_000,
    "a list": "[]",
    "not a number": json.dumps({**SOUND, "seed": float("nan")}),
    "too great a number": pack_text(sound_pack())
    .replace('"largest', "")
    .replace('"seed":', '"seed":1e999,"x":'),
    "half a letter": json.dumps({**SOUND, "student": "\ud800"}),
    "texts for numbers": json.dumps({**SOUND, "seed": "7"}),
    "no machine": json.dumps({**SOUND, "machine": 5}),
    "swollen samples": json.dumps(
        {
            **SOUND,
            "experiments": [
                {
                    **SOUND["experiments"][0],
                    "measurements": [
                        {**SOUND["experiments"][0]["measurements"][0], "samples": packed([1] * 100_000)}
                    ],
                }
            ],
        }
    ),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_file_costs_its_own_row_only(tmp_path: Path, damage: str) -> None:
    bad, good = checked(tmp_path, DAMAGED[damage], sound_pack())
    assert (bad.status, good.status) == ("unreadable", "ok")
    assert len(bad.findings) == 1 and bad.findings[0].sentence.endswith(".")


def test_a_huge_file_and_bytes_that_are_no_text_are_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\x00")
    monkeypatch.setattr(loading, "MOST_BYTES", 1000)
    rows = checked(tmp_path, "{" + " " * 1000 + "}")
    assert [row.status for row in rows] == ["unreadable", "unreadable"]
    assert "not read" in rows[0].findings[0].sentence


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
PLACES = [
    (key, inner)
    for key, value in SOUND.items()
    for inner in (
        range(len(value)) if isinstance(value, list) else value if isinstance(value, dict) else [None]
    )
]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLACES), st.text(max_size=6), JSON)
def test_whatever_stands_in_a_pack_costs_no_more_than_its_row(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, Any], name: str, value: Any
) -> None:
    data = json.loads(json.dumps(SOUND))
    key, inner = place
    if inner is None:
        data[key] = value
    elif isinstance(data[key][inner], dict) and data[key][inner]:
        chosen = sorted(data[key][inner])[len(name) % len(data[key][inner])]
        data[key][inner][chosen] = value
    else:
        data[key][inner] = value
    path = tmp_path_factory.mktemp("hostile") / "pack.json"
    path.write_text(json.dumps(data), encoding="utf-8")
    assert check_file((path.name, path), ASSIGNMENT).status in checks.STATUSES


class Deadly(type(Path())):  # type: ignore[misc]
    """A path that ends the process to which it is sent."""

    def __reduce__(self) -> tuple[Any, ...]:
        return os._exit, (1,)


def test_a_file_of_which_the_checking_process_dies_costs_its_own_row(tmp_path: Path) -> None:
    files = [(f"{at:03}.json", tmp_path / f"{at:03}.json") for at in range(checks.FEW + 2)]
    for _, path in files:
        path.write_text("{}", encoding="ascii")
    files[3] = (files[3][0], Deadly(files[3][1]))
    rows = check_packs(files, ASSIGNMENT, processes=2)
    died = [row.file for row in rows if "process" in row.findings[0].sentence]
    assert died == ["003.json"] and [row.file for row in rows] == [name for name, _ in files]
    assert {row.status for row in rows} == {"unreadable"}


def test_a_link_that_the_system_does_not_follow_costs_its_own_row(tmp_path: Path) -> None:
    try:
        (tmp_path / "long.json").symlink_to("a" * 300)
    except OSError:
        pytest.skip("no such link can be made here")
    rows = checked(tmp_path, sound_pack())
    assert {row.file: row.status for row in rows} == {"000.json": "ok", "long.json": "unreadable"}


def test_files_are_told_apart_by_their_folders_and_pages_are_none(tmp_path: Path) -> None:
    for name in ("a/pack.json", "b/pack.json", "b/pack.html", ".hidden"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("{}", encoding="utf-8")
    names = [name for name, _ in packs_in([str(tmp_path), str(tmp_path / "a" / "pack.json")])]
    assert names == ["a/pack.json", "b/pack.json", "pack.json"]


def test_several_processes_say_what_one_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checked(tmp_path, sound_pack(), "{}", replace(sound_pack("b"), answers={}))
    monkeypatch.setattr(checks, "FEW", 0)
    files = packs_in([str(tmp_path)])
    assert check_packs(files, ASSIGNMENT, processes=2) == check_packs(files, ASSIGNMENT, processes=1)
