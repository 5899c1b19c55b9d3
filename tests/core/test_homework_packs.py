"""Packs: what is read back is what was written, whole numbers and shared parts included."""

from __future__ import annotations

import dataclasses
import json

import pytest
import recorded_hosts
from hypothesis import given
from hypothesis import strategies as st
from packs_of import Student, sound_pack

from accel_core.errors import BadInput
from accel_core.homework.pack import Pack, pack_text, read_pack, seed_of
from accel_core.homework.shared import Shared, nanoseconds, starts
from accel_core.model import Trial
from accel_core.model.packed import packed, unpacked
from accel_core.transformer import BlockShape

WHOLE = st.integers(-(2**63), 2**63 - 1)


@given(st.lists(WHOLE, max_size=50))
def test_packed_numbers_are_read_back(numbers: list[int]) -> None:
    assert unpacked(packed(numbers)) == tuple(numbers)


@pytest.mark.parametrize(
    "text", ["?", "é", "AAAA", packed(range(40))[:-8], packed(range(40)) + "AAAA", packed([0] * 100_000)]
)
def test_a_text_that_holds_no_numbers_or_too_many_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        unpacked(text)


def test_a_pack_is_read_back_as_it_was() -> None:
    pack = sound_pack()
    text = pack_text(pack)
    again = read_pack(text)
    assert again == pack
    assert pack_text(again) == text
    assert len(text) < 200_000
    assert [nanoseconds(m) for m in again.measurements()] == [nanoseconds(m) for m in pack.measurements()]


def test_samples_of_a_trial_stand_once_and_in_nanoseconds() -> None:
    student = Student("s1", recorded_hosts.machine(recorded_hosts.USUAL))
    done = student.lesson("denormal")
    pack = dataclasses.replace(sound_pack(), lessons=(done,))
    (told,) = pack.to_dict()["lessons"][0]["results"]
    assert not {"right_s", "wrong_s"} & told["data"].keys()
    assert read_pack(pack_text(pack)) == pack


def test_a_trial_of_before_its_samples_were_kept_is_read_as_it_was() -> None:
    old = Trial("cold", "warm", "cold", (1e-3, 1.1e-3), (0.3, 0.4))
    (done, *others) = sound_pack().lessons
    run = dataclasses.replace(done.run, results=[old])
    pack = dataclasses.replace(sound_pack(), lessons=(dataclasses.replace(done, run=run), *others))
    assert read_pack(pack_text(pack)) == pack


def test_samples_of_roofs_trials_and_blocks_count_among_those_that_a_pack_may_have() -> None:
    """A short text may hold many: sixty of each are more than are read."""
    sound = json.loads(pack_text(sound_pack()))
    swollen = [{"repetitions": 1, "samples": packed([7] * 20_000), "starts": "", "amount": 1.0}] * 2
    roof = {**sound["peaks"]["ceilings"][0], "series": swollen}
    trial = {"type": "trial", "data": {"name": "cold", "right": "", "wrong": "", "series": swollen}}
    student = Student("s1", recorded_hosts.machine(recorded_hosts.USUAL))
    run = student.block(BlockShape(64, 2, 128, 32, 100, 1), "numpy").to_dict()
    (one, *_) = run["operations"]
    block = {"type": "block_run", "data": {**run, "operations": [{**one, "series": swollen[0]}] * 120}}
    lessons = [{**sound["lessons"][0], "results": results} for results in ([trial] * 60, [block])]
    peaks = {**sound["peaks"], "ceilings": [roof] * 60}
    for part in ({"peaks": peaks}, *({"lessons": [lesson]} for lesson in lessons)):
        with pytest.raises(BadInput, match="holds more than 1000000 samples"):
            read_pack(json.dumps({**sound, **part}))


def test_machines_and_environments_stand_once() -> None:
    data = sound_pack().to_dict()
    assert len(data["machines"]) == len(data["environments"]) == 1
    assert len(data["lessons"]) > 1


def test_starts_follow_from_lengths_and_gaps() -> None:
    found = sound_pack().measurements()[0]
    began = starts(found)
    assert began[0] == found.start_ns
    assert began[1] - began[0] == nanoseconds(found)[0] + unpacked(found.gaps)[0]
    assert starts(dataclasses.replace(found, start_ns=None)) == ()


def test_seeds_differ_by_student_and_by_assignment() -> None:
    assert len({seed_of(*pair) for pair in [("a", "1"), ("b", "1"), ("a", "2"), ("1", "a")]}) == 4


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "[" * 100_000, '{"schema": NaN}', '"pack"', '{"machines": []}'],
)
def test_what_is_no_pack_is_told_in_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"^The file is no .*\.$"):
        read_pack(text)


def test_a_part_that_refers_to_nothing_is_refused() -> None:
    data = sound_pack().to_dict()
    for number in (7, -1, True, "0", None):
        with pytest.raises(ValueError):
            Pack.from_dict(data | {"machine": number})


def test_a_machine_and_an_environment_that_many_parts_refer_to_are_read_once() -> None:
    pack = read_pack(pack_text(sound_pack()))
    assert len({id(done.run.machine) for done in pack.lessons}) == 1 < len(pack.lessons)
    assert len({id(m.environment) for m in pack.measurements()}) == 1


@pytest.mark.parametrize("part, one", [("lessons", "results"), ("experiments", "refusals")])
def test_a_pack_of_more_records_than_any_homework_has_is_refused(part: str, one: str) -> None:
    data = sound_pack().to_dict()
    data[part] = [{**data[part][0], one: [{}] * 5000}]
    with pytest.raises(BadInput, match="records"):
        read_pack(json.dumps(data))


def test_a_pack_whose_texts_hold_too_many_samples_is_refused() -> None:
    data = sound_pack().to_dict()
    shared = Shared(data["machines"], data["environments"], left=100)
    told = data["experiments"][0]["measurements"][-1]
    shared.read_measurement(told)
    with pytest.raises(ValueError, match="samples"):
        shared.read_measurement(told)
