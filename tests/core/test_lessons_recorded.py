"""Every lesson answers from every recorded run: machines and conditions that no test can ask for."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import answers_of
import pytest
import recorded_lessons
from recorded_lessons import FILES, MOST_BYTES, SUFFIX, Recording, read, record, thinned, written

from accel_core.codec import PlainData
from accel_core.lessons import LESSONS, Lesson, Number, lesson
from accel_core.machine import detect
from accel_core.model import Case, Refusal, Trial

TRIAL = lesson("denormal")
RECORDINGS = {path: read(path) for path in FILES}


def faults(one: Lesson, recording: Recording) -> list[str]:
    """What is wrong with a lesson's answer from a recording; nothing where the file says why there is none."""
    told = recording.lessons.get(one.name)
    if told is None:
        return ["missing from the file, which does not say why"]
    if "results" not in told:
        return [] if told.get("why_not", "").strip() else ["without an answer and without a reason"]
    run = recording.run(one.name)
    value = one.truth(run).value
    beyond = isinstance(one.form, Number) and not one.form.low <= float(value) <= one.form.high
    return [f"{value} cannot be guessed"] * beyond + answers_of.faults(one, run)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A recording of made-up runs: a trial, what nothing needs to be run for, a refusal and a failure."""

    def run(job: dict[str, Any]) -> list[PlainData]:
        if "names" in job:
            right_s = tuple(1e-3 + 1e-9 * n for n in range(5000))
            return [Trial(job["names"][0], "near 1", "near 0", right_s, tuple(9 * s for s in right_s))]
        if job["kind"] == "compare":
            return [Refusal(Case("softmax/compiled", 1000), "There is no memory for it.")]
        raise RuntimeError("the worker fell over")

    lessons = [TRIAL, lesson("rest"), lesson("first"), lesson("one-sample")]
    data = record("made up", detect(), lessons, run, tell=lambda line: None)
    path = tmp_path / f"small{SUFFIX}"
    path.write_bytes(written(data))
    return path


def test_a_recording_keeps_what_came_and_why_something_did_not(small: Path) -> None:
    recording = read(small)
    assert recording.label == "made up" and recording.machine == detect()
    assert list(recording.lessons) == ["denormal", "rest", "first", "one-sample"]
    assert recording.lessons["first"]["why_not"] == "There is no memory for it."
    assert recording.lessons["one-sample"]["why_not"] == "RuntimeError('the worker fell over')"
    assert all(told["took_s"] >= 0 for told in recording.lessons.values())
    assert TRIAL.truth(recording.run("denormal")).value == pytest.approx(9.0, rel=1e-4)
    for name in recording.lessons:
        assert faults(lesson(name), recording) == []
    assert faults(lesson("crowded"), recording) == ["missing from the file, which does not say why"]


def test_an_answer_out_of_its_form_is_found(small: Path) -> None:
    recording = read(small)
    (trial,) = recording.lessons["denormal"]["results"]
    trial["data"]["wrong_s"] = [s * 1e6 for s in trial["data"]["wrong_s"]]
    assert "cannot be guessed" in faults(TRIAL, recording)[0]
    recording.lessons["first"]["why_not"] = " "
    assert faults(lesson("first"), recording) == ["without an answer and without a reason"]


def test_samples_are_thinned_until_the_file_is_small(monkeypatch: pytest.MonkeyPatch, small: Path) -> None:
    kept = thinned({"samples_s": [n / 3 for n in range(1000)], "begun": "x" * 9, "gaps": "x" * 9}, 100)
    assert len(kept["samples_s"]) == 100 and kept["samples_s"][-1] == 330.0
    assert (kept["begun"], kept["gaps"]) == ("x" * 9, "")
    assert thinned([1, 2.5, "a"], 1) == [1, 2.5, "a"]
    assert small.stat().st_size < MOST_BYTES
    monkeypatch.setattr(recorded_lessons, "MOST_BYTES", 10)
    with pytest.raises(ValueError, match="25 samples"):
        written({"samples_s": [0.5] * 1000})


def plain(path: Path) -> dict[str, Any]:
    """The data of a file."""
    data: dict[str, Any] = json.loads(gzip.decompress(path.read_bytes()))
    return data


def test_one_command_records_a_machine(tmp_path: Path) -> None:
    script = recorded_lessons.FOLDER / "record.py"
    words = ["here", "--label", "tried", "--only", "rest", "--folder", str(tmp_path)]
    subprocess.run([sys.executable, str(script), *words], check=True, capture_output=True)
    path = tmp_path / f"here{SUFFIX}"
    assert read(path).label == "tried" and faults(lesson("rest"), read(path)) == []
    path.write_bytes(written({**plain(path), "lessons": {"first": {"took_s": 1.0, "why_not": "No."}}}))
    words = [sys.executable, str(script), "here", "--add", "--only", "rest", "--folder", str(tmp_path)]
    subprocess.run(words, check=True, capture_output=True)
    assert (read(path).label, list(read(path).lessons)) == ("tried", ["first", "rest"])
    path.write_bytes(written({**plain(path), "machine": {**plain(path)["machine"], "system": "another"}}))
    assert b"another machine" in subprocess.run(words, capture_output=True).stderr


@pytest.mark.parametrize("one", LESSONS, ids=lambda one: one.name)
def test_every_lesson_answers_from_every_recorded_machine(one: Lesson) -> None:
    wrong = {path.name: found for path in FILES if (found := faults(one, RECORDINGS[path]))}
    assert not wrong


def test_a_recorded_file_says_its_condition_and_is_small() -> None:
    for path, recording in RECORDINGS.items():
        assert recording.label.strip() and path.stat().st_size <= MOST_BYTES, path.name
