"""A pack as a page to read, packs as members of a class, and drafts that wait for another day."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from packs_of import ASSIGNMENT, sound_pack

from accel_core.errors import BadInput, StoreUnavailable
from accel_core.homework import drafts
from accel_core.homework.drafts import (
    Draft,
    begun_here,
    draft,
    remember,
    remembered,
    save,
    save_changes,
    short_name,
)
from accel_core.homework.example import EXAMPLE
from accel_core.homework.html import pack_html
from accel_core.homework.members import MOST_BYTES, of_pack, read_member
from accel_core.homework.pack import pack_text
from accel_core.homework.reading import read_assignment
from accel_core.homework.svg import Log, Picture

HOSTILE = "<script>alert('x')</script>"
MOST_HTML_BYTES = 500_000


def test_the_page_of_a_pack_holds_pictures_guesses_answers_and_where_they_come_from() -> None:
    told = pack_html(sound_pack(), ASSIGNMENT)
    assert len(told) < MOST_HTML_BYTES and told.count("<svg") == 4
    for said in (
        "Loops and library",
        "You said 10",
        "Why is the library so fast?",
        "It uses vectors.",
        "AMD EPYC",
        "Each point stands at the least bytes of its problem",
    ):
        assert said in told


def test_the_page_asks_for_nothing_and_runs_nothing() -> None:
    told = pack_html(sound_pack())
    assert not re.search(r"<script|<img|<link|<iframe|src=|href=|url\(|\son\w+=", told)
    assert "default-src 'none'" in told


def test_every_word_of_a_hostile_pack_is_escaped() -> None:
    pack = sound_pack()
    machine = replace(pack.machine, cpu=HOSTILE)
    hostile = replace(
        pack,
        student=HOSTILE,
        title=HOSTILE,
        answers={HOSTILE: HOSTILE},
        missing=(HOSTILE,),
        begun=HOSTILE,
        machine=machine,
    )
    assert "<script" not in pack_html(hostile)


def test_an_empty_pack_is_a_page_too() -> None:
    empty = replace(sound_pack(), lessons=(), experiments=(), peaks=None, answers={}, checks=())
    assert "<svg" not in pack_html(empty)


def test_a_picture_says_its_numbers_and_keeps_inside() -> None:
    picture = Picture(Log("x", 1, 100), 50, Log("y", 1, 100))
    picture.dot(1e9, 1e-9, "#000000", said="<b>")
    told = picture.svg('a "word"')
    assert "&lt;b&gt;" in told and "&quot;word&quot;" in told and 'cx="840.0"' in told


def test_a_pack_is_a_member_under_its_own_name_with_guess_and_truth() -> None:
    member = of_pack(sound_pack())
    assert (member.name, member.family) == ("s1234567", "AMD EPYC")
    assert member.guesses["library"].said == 10.0 and float(member.guesses["library"].found) > 100


@pytest.mark.parametrize("said", ["", "a lot", "1e99"])
def test_a_guess_that_is_none_is_no_guess(said: str) -> None:
    first, *others = sound_pack().lessons
    assert first.guess is not None
    pack = replace(sound_pack(), lessons=(replace(first, guess=replace(first.guess, said=said)), *others))
    assert of_pack(pack).guesses["library"].said == ""


DATA = json.loads(pack_text(sound_pack()))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        '{"machine": 3}',
        '{"machine": {}, "ceilings": [], "measurements": []}',
        "[" * 100_000,
        json.dumps({**DATA, "machines": 7}),
        json.dumps({**DATA, "lessons": [{"lesson": "library"}]}),
        json.dumps({**DATA, "peaks": {**DATA["peaks"], "ceilings": [{"value": "x"}]}}),
        json.dumps({"student": "s", "machine": "x" * 10_000}),
    ],
)
def test_what_is_no_pack_and_no_record_is_a_sentence(text: str) -> None:
    with pytest.raises(BadInput, match=r"^The file .*\.$") as said:
        read_member("x.json", text.encode())
    assert len(str(said.value)) < 400
    assert not re.search(r"\bobject\b(?! *\.$)|indices|attribute|argument", str(said.value)), (
        "a sentence of Python's"
    )


def test_a_file_that_is_too_large_or_no_text_is_a_sentence() -> None:
    with pytest.raises(BadInput, match="more than 8 MB"):
        read_member("x.json", bytes(MOST_BYTES + 1))
    with pytest.raises(BadInput, match="no text"):
        read_member("x.json", b"\xff\xfe")


@pytest.mark.parametrize("one", ["kernel", "dtype", "parameters", "disturbed_reason", "environment"])
def test_no_text_of_a_measurement_is_markup(one: str) -> None:
    evil = "<a href='http://evil.example'>x</a> ![i](http://evil.example/i.png) $x$"
    told: dict[str, object] = {"parameters": {evil: 1}, "kernel": f"matmul/{evil}"}
    data = json.loads(pack_text(sound_pack()))
    data["environments"][0]["system"] = evil
    for measured in data["experiments"][0]["measurements"]:
        measured |= {one: told.get(one, evil)} if one != "environment" else {}
    member = read_member("x.json", json.dumps(data).encode())
    assert member.measurements
    for m in member.measurements:
        texts = (m.kernel, m.dtype, *m.parameters, m.disturbed_reason, m.environment.system)
        assert not any(sign in text for text in texts for sign in ("<", "[", "$", "://"))


@pytest.mark.parametrize("sample_s", [0.0, -1.0, 1e-300, 1e300])
def test_a_measurement_with_a_sample_of_no_sensible_length_is_left_out(sample_s: float) -> None:
    pack = sound_pack()
    done, *others = pack.experiments
    first, *rest = done.measurements
    odd = replace(done, measurements=(replace(first, samples_s=(sample_s,)), *rest))
    assert len(of_pack(pack).measurements) - 1 == len(
        of_pack(replace(pack, experiments=(odd, *others))).measurements
    )


def test_numbers_that_no_picture_has_room_for_are_left_out_and_names_are_cut() -> None:
    pack = sound_pack()
    assert pack.peaks is not None
    roofs = tuple(
        replace(c, value=v) for c, v in zip(pack.peaks.ceilings, (1e300, -1.0, 0.0, 5e9), strict=True)
    )
    done = pack.experiments[0]
    odd = tuple(replace(m, flop=10**40, id=str(at)) for at, m in enumerate(done.measurements))
    member = of_pack(
        replace(
            pack,
            student="a\nb\u202e" + "x" * 500,
            peaks=replace(pack.peaks, ceilings=roofs),
            lessons=(),
            experiments=(replace(done, measurements=odd),),
        )
    )
    assert [c.value for c in member.ceilings] == [5e9] and member.measurements == ()
    assert len(member.name) <= 60 and member.name.isprintable()


def test_a_draft_waits_for_another_day() -> None:
    assignment = read_assignment(EXAMPLE)
    assert draft(assignment) == Draft() and begun_here() == []
    remember(EXAMPLE, assignment)
    save(assignment, Draft("s1", {"three": "Vectors."}))
    assert draft(assignment) == Draft("s1", {"three": "Vectors."})
    assert begun_here() == [assignment] == [remembered(short_name(assignment))]


def test_two_tabs_that_write_into_one_draft_lose_nothing() -> None:
    assignment = read_assignment(EXAMPLE + '\n[[questions]]\nid = "four"\ntext = "And?"\n')
    save_changes(assignment, Draft(), Draft("s1", {"three": "Vectors."}))
    save_changes(assignment, Draft(), Draft("", {"four": "Yes."}))  # by a tab that was opened before
    assert draft(assignment) == Draft("s1", {"three": "Vectors.", "four": "Yes."})
    save_changes(assignment, Draft("s1", {"three": "Vectors."}), Draft("s1", {}))
    assert draft(assignment) == Draft("s1", {"four": "Yes."})


@pytest.mark.parametrize(
    "text", ["", "[]", "{", '{"answers": 3}', '{"student": 3, "answers": {"three": 3, "x": "y"}}']
)
def test_a_damaged_draft_is_an_empty_one(text: str, accel_home: Path) -> None:
    assignment = read_assignment(EXAMPLE)
    save(assignment, Draft("s", {}))
    (file,) = (accel_home / "homework").glob("*.answers.json")
    file.write_text(text, encoding="utf-8")
    assert draft(assignment) == Draft()


@pytest.mark.parametrize("name", ["", "../../x", "0" * 32, "g" * 32])
def test_what_was_not_begun_here_is_not_remembered(name: str) -> None:
    assert remembered(name) is None


def test_a_folder_that_takes_no_file_is_a_sentence_and_what_was_there_stays(
    accel_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assignment = read_assignment(EXAMPLE)
    save(assignment, Draft("before", {}))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(drafts.Path, "replace", full)
    with pytest.raises(StoreUnavailable, match="No space left on device"):
        save(assignment, Draft("after", {}))
    assert draft(assignment).student == "before"
    assert len(list((accel_home / "homework").iterdir())) == 1
