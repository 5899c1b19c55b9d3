"""A recorded machine in the place of the one that runs the program: described, labelled, never measured."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import recorded_hosts as hosts

from accel_core import registry
from accel_core.backends.calibrating import calibrate
from accel_core.bench import compare, measure, run_cases
from accel_core.cli import main
from accel_core.doctor import checkup, reading
from accel_core.errors import BadInput
from accel_core.machine import allowed_cpus, available_memory_bytes, detect, pretence, sources
from accel_core.machine.recorded import read_machine
from accel_core.model import Case, Machine
from accel_core.peaks import measure_peaks
from accel_core.profiler import profile_function
from accel_core.runner.spec import check

CASE = Case("matmul/numpy", 16)
Pretend = Callable[[str], Machine]
Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize("name", hosts.NAMES)
def test_a_recorded_host_stands_in_for_detection(name: str, pretend_host: Pretend) -> None:
    pretend_host(name)
    expected, found = hosts.machine(name), detect()
    assert found.to_dict() == {**expected.to_dict(), "pretended": f"{name}.json"}
    assert allowed_cpus() == expected.cores.cpus_allowed


@pytest.mark.parametrize("name", hosts.NAMES)
def test_what_accel_machine_prints_stands_in_as_the_recording_does(
    name: str,
    pretend_host: Pretend,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    recorded = pretend_host(name)
    assert main(["machine", "--json"]) == 0
    printed = tmp_path / "printed.json"
    printed.write_text(capsys.readouterr().out, encoding="utf-8")
    monkeypatch.setenv("ACCEL_MACHINE", str(printed))
    assert detect().to_dict() == {**recorded.to_dict(), "pretended": "printed.json"}


def test_without_the_variable_the_machine_is_the_detected_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_MACHINE", " ")
    assert detect() == sources.detect() and detect().pretended is None
    assert pretence(detect()) == ""


def test_an_older_record_of_a_machine_is_of_a_detected_one() -> None:
    data = hosts.machine("darwin-m1").to_dict()
    del data["pretended"]
    assert Machine.from_dict(data).pretended is None


def test_free_memory_is_what_the_recorded_machine_may_use(pretend_host: Pretend) -> None:
    pretend_host("linux-graviton3-container")  # a container of 2 GiB
    assert available_memory_bytes() == 2 << 30
    here = pretend_host("darwin-m2")
    assert available_memory_bytes() == here.memory_bytes
    refused = registry.why_not(Case("add/numpy", 10**9), here, 1e9)
    assert refused is not None and "are free" in refused


# -- nothing is measured -------------------------------------------------------------------------------------

MEASURING = {
    "measure": lambda here: measure(CASE, here),
    "run_cases": lambda here: run_cases([CASE], here),
    "compare": lambda here: compare([(CASE, CASE)], here),
    "measure_peaks": lambda here: measure_peaks(here, threads=[1]),
    "calibrate": lambda here: calibrate(here),
    "profile_function": lambda here: profile_function(len, ()),
    "bench job": lambda here: check({"kind": "bench", "cases": [CASE.to_dict()]}, here),
    "compare job": lambda here: check({"kind": "compare", "pairs": [[CASE.to_dict()] * 2]}, here),
    "peaks job": lambda here: check({"kind": "peaks"}, here),
    "calibrate job": lambda here: check({"kind": "calibrate"}, here),
}


@pytest.mark.parametrize("act", MEASURING)
def test_nothing_is_measured_on_a_pretend_host(act: str, pretend_host: Pretend) -> None:
    here = pretend_host("linux-zen5-vm")
    with pytest.raises(BadInput, match=r"Nothing can be measured on the pretend host linux-zen5-vm\.json"):
        MEASURING[act](here)


@pytest.mark.parametrize("act", [act for act in MEASURING if act != "profile_function"])
def test_a_machine_that_was_read_from_a_file_is_not_measured_either(act: str) -> None:
    with pytest.raises(BadInput, match="pretend host darwin-m2"):
        MEASURING[act](read_machine(hosts.path_of("darwin-m2")))


@pytest.mark.parametrize(
    "command",
    [
        ["peaks"],
        ["bench", "matmul/numpy"],
        ["compare", "matmul/numpy", "matmul/packed"],
        ["ladder", "gelu"],
        ["sweep", "matmul/compiled_tiled", "--over", "block=8,16"],
        ["calibrate"],
    ],
    ids=lambda words: words[0],
)
def test_a_command_that_measures_refuses_in_one_sentence(
    command: list[str], pretend_host: Pretend, capsys: Capture
) -> None:
    pretend_host("darwin-m2")
    assert main([*command, "--json"]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert line.startswith("accel: Nothing can be measured on the pretend host darwin-m2.json: unset ACCEL")


# -- it is labelled ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command", [["machine"], ["intensity", "matmul"], ["explain", "matmul", "--shape", "8,8,8"]]
)
def test_a_command_that_answers_warns_of_the_pretend_host(
    command: list[str], pretend_host: Pretend, capsys: Capture
) -> None:
    here = pretend_host("darwin-m2")
    assert main([*command, "--json"]) == 0
    said = capsys.readouterr()
    assert said.err == f"accel: warning: {pretence(here)}\n" and "darwin-m2.json" in said.err
    data = json.loads(said.out)
    if command == ["machine"]:
        assert data["machine"]["pretended"] == "darwin-m2.json" and data["machine"]["cpu"] == here.cpu


def test_the_doctor_says_that_the_host_is_a_pretence(pretend_host: Pretend) -> None:
    first = checkup(pretend_host("darwin-m2"), sample_s=0.0)[0]
    assert not first.ok and "darwin-m2.json" in first.detail and "ACCEL_MACHINE" in first.remedy


OF_THE_MACHINE = {"pretend host", "emulation", "cores", "vector instructions"}
"""What a recording answers. All else is of this computer and this moment."""


@pytest.mark.parametrize("name", hosts.NAMES)
def test_the_doctor_says_nothing_of_this_computer_on_a_pretend_host(
    name: str, pretend_host: Pretend, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    pretend_host(name)
    for source in ("read_cpu_times", "environment", "read_file", "available_memory_bytes", "on_mains"):
        monkeypatch.setattr(reading, source, lambda *_, source=source: pytest.fail(f"{source} was asked"))
    assert main(["doctor", "--json"]) == 0
    checks = json.loads(capsys.readouterr().out)["checks"]
    assert {check["name"] for check in checks} == OF_THE_MACHINE
    assert "load, free memory and libraries" in checks[0]["remedy"]
    assert main(["doctor"]) == 0
    said = capsys.readouterr().out
    assert not any(word in said for word in ("busy", "are free", "huge pages", "BLAS", "threads by itself"))


def test_libraries_are_said_to_be_of_this_computer(pretend_host: Pretend, capsys: Capture) -> None:
    pretend_host("darwin-m2")
    assert main(["machine", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["machine"]["blas"] is None and data["environment"]["python"]
    assert main(["machine"]) == 0
    titles = [line.split("  ")[0] for line in capsys.readouterr().out.splitlines()]
    assert {"BLAS here", "Software here"} <= set(titles)


# -- a file that is none -------------------------------------------------------------------------------------

GOOD = hosts.machine("linux-zen5-vm").to_dict()
BAD = {
    "nothing": "",
    "no JSON": "cpu: fast",
    "a list": "[]",
    "a word": '"machine"',
    "an empty object": "{}",
    "an empty machine": '{"machine": {}}',
    "a machine that is a number": '{"machine": 3}',
    "no files": '{"system": "Linux", "architecture": "x86_64", "allowed": [0]}',
    "files that are a list": '{"system": "Linux", "architecture": "x86_64", "allowed": [0], "files": []}',
    "allowed that is a number": '{"system": "Linux", "architecture": "x86_64", "allowed": 0, "files": {}}',
    "an unknown system": '{"system": "Plan 9", "architecture": "x86_64", "allowed": [0]}',
    "a cache of no size": json.dumps(
        {"machine": {**GOOD, "caches": [{**GOOD["caches"][0], "size_bytes": "48K"}]}}
    ),
    "no cores": json.dumps({"machine": {**GOOD, "cores": {**GOOD["cores"], "allowed": 0}}}),
    "no name": json.dumps({"machine": {**GOOD, "cpu": None}}),
    "brackets without end": "[" * 100_000,
}


@pytest.mark.parametrize("kind", BAD)
def test_a_file_that_holds_no_machine_is_one_sentence_and_status_2(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    file = tmp_path / "host.json"
    file.write_text(BAD[kind], encoding="utf-8")
    monkeypatch.setenv("ACCEL_MACHINE", str(file))
    for command in (["machine"], ["intensity", "matmul"], ["doctor"]):
        assert main(command) == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "host.json is no recorded machine: give JSON such as" in line


@pytest.mark.parametrize("name", ["missing.json", "."])
def test_a_file_that_cannot_be_read_is_one_sentence_and_status_2(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("ACCEL_MACHINE", str(tmp_path / name))
    assert main(["machine"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "cannot be read" in line and "name a file" in line


def test_letters_that_are_no_utf_8_are_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "host.json"
    file.write_bytes(b'{"system": "caf\xe9"}')
    monkeypatch.setenv("ACCEL_MACHINE", str(file))
    with pytest.raises(BadInput, match="is no recorded machine"):
        detect()
