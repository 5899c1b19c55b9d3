"""Recorded machines with one strange entry: each works, or is refused in the sentence that is there for it."""

from __future__ import annotations

import copy
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import recorded_hosts as hosts

from accel_core.cache import CacheGeometry, Traversal, cpu_caches, cpu_notes, simulate
from accel_core.cli import describing, main
from accel_core.errors import BadInput
from accel_core.machine import partial as names
from accel_core.machine import sources
from accel_core.machine.partial import MOST_CPUS, parse_cores, parse_cpu_list, parse_cpu_mask
from accel_core.machine.recorded import machine_of, read_machine
from accel_core.model import Machine

STRANGE: tuple[Any, ...] = (
    "3",
    "",
    "\ud800",
    -1,
    0,
    1e-9,
    float("nan"),
    float("inf"),
    10**12,
    10**400,
    [],
    ["x"],
    {},
    {"a": 1},
    None,
    True,
)
SENTENCE = re.compile(
    r"accel: \S+ is no recorded machine: give JSON such as the files in tests/machines, or what .*"
)
KEPT = {names.CORE_LIST, names.MEMORY_LIMIT, names.CLOCK, "L3 size"}
Path_ = tuple[str | int, ...]


def told() -> dict[str, Any]:
    """What `accel machine --json` prints of a container with a quota and a limit; of its facts those in use."""
    found = json.loads(json.dumps({"machine": hosts.machine("linux-graviton3-container").to_dict()}))
    machine = found["machine"]
    machine["facts"] = [fact for fact in machine["facts"] if fact["name"] in KEPT]
    machine["facts"][-1]["others"] = [["somebody else", 5]]
    machine["caches"][2]["reported_bytes"] = 2 * machine["caches"][2]["size_bytes"]
    for cache in machine["caches"]:
        del cache["groups"][1:]
    return found


def entries(data: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The place of every entry, at any depth; of a list the first alone."""
    if path:
        yield path
    inside = data.items() if isinstance(data, dict) else enumerate(data[:1]) if isinstance(data, list) else ()
    for name, value in inside:
        yield from entries(value, (*path, name))


def replaced(data: Any, path: Path_, value: Any) -> Any:
    changed = copy.deepcopy(data)
    place = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    return changed


@pytest.fixture
def run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """run(data, "machine") has the command answer of that recorded machine: status, output, errors."""

    def at_once(job: dict[str, Any]) -> list[Any]:
        caches = [CacheGeometry.from_dict(cache) for cache in job["caches"]]
        return [simulate(Traversal.from_dict(traversal), caches) for traversal in job["traversals"]]

    monkeypatch.setattr(describing, "run_job", at_once)  # in this process
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # the doctor looks at the load for half a second

    def answered(data: Any, *command: str) -> tuple[int, str, str]:
        file = tmp_path / "strange.json"
        file.write_text(json.dumps(data), encoding="utf-8")
        monkeypatch.setenv("ACCEL_MACHINE", str(file))
        status = main(command)
        return (status, *capsys.readouterr())

    return answered


COMMANDS = (("machine",), ("doctor",), ("simulate", "matmul", "--size", "24"))


@pytest.mark.parametrize("part", told()["machine"])
def test_an_entry_of_another_kind_works_or_is_refused_in_one_sentence(
    part: str, run: Callable[..., tuple[int, str, str]]
) -> None:
    good = told()
    for path in entries(good["machine"][part], ("machine", part)):
        for value in STRANGE:
            data = replaced(good, path, value)
            status, out, err = run(data, "machine")
            if status:
                assert status == 2 and not out and SENTENCE.fullmatch(err.rstrip("\n")), (path, value, err)
                continue
            for command in COMMANDS:
                status, out, _ = run(data, *command)
                assert status == 0 and not re.search(r"-\d[\d.]* [A-Za-z]*(B|Hz)\b|\bnan\b|\binf\b", out), (
                    path,
                    value,
                    out,
                )


@pytest.mark.parametrize("name", ["linux-graviton3-container", "darwin-m2", "windows-ryzen-2700x"])
def test_a_strange_answer_of_a_source_is_left_out_or_the_file_refused(name: str, tmp_path: Path) -> None:
    good = hosts.load(name)
    file = tmp_path / "strange.json"
    for path in entries(good):
        if re.search(r"/cpu[1-9]", str(path[-1])):  # as of the first processor
            continue
        for value in (*STRANGE[::3], "0-30000000", "9" * 5000, "ffffffff" * 5000):
            file.write_text(json.dumps(replaced(good, path, value)), encoding="utf-8")
            try:
                found = read_machine(file)
            except BadInput as refused:
                assert "is no recorded machine" in str(refused), (path, value)
            else:
                assert 1 <= found.cores.allowed <= MOST_CPUS, (path, value)


@pytest.mark.parametrize("name", hosts.NAMES)
def test_what_a_recorded_host_says_is_not_refused(name: str) -> None:
    here = hosts.machine(name)
    assert machine_of({"machine": json.loads(json.dumps(here.to_dict()))}) == here


def test_what_is_detected_here_and_in_a_container_is_not_refused() -> None:
    here = sources.detect()
    in_container = replace(here, cores=replace(here.cores, physical=64, logical=here.cores.allowed))
    for one in (here, in_container):
        assert machine_of({"machine": json.loads(json.dumps(one.to_dict()))}) == one


CONTRADICTIONS: dict[str, dict[Path_, Any]] = {
    "more allowed than there are": {("cores", "allowed"): 5, ("cores", "quota"): None},
    "more allowed than the quota grants": {("cores", "allowed"): 2},
    "a processor twice": {("cores", "cpus_allowed"): [0, 0, 1, 2]},
    "a part of a cache larger than the whole": {("caches", 2, "reported_bytes"): 1},
    "more ways than lines": {("caches", 0, "ways"): 60_000},
    "a level of no name": {("caches", 0, "level"): "first"},
    "levels from far to near": {("caches", 0, "level"): "L3"},
    "a width that no vector has": {("simd", "width_bits"): 100},
    "a cache as large as a disk": {("caches", 2, "size_bytes"): 1 << 40},
    "a clock of a pendulum": {("clock_hz",): 1.0},
    "features in one word": {("simd", "features"): "sse2"},
}


@pytest.mark.parametrize("kind", CONTRADICTIONS)
def test_entries_that_contradict_one_another_are_no_machine(kind: str) -> None:
    data = told()
    for path, value in CONTRADICTIONS[kind].items():
        data = replaced(data, ("machine", *path), value)
    with pytest.raises(ValueError):
        machine_of(data)


# -- more caches than can be simulated ------------------------------------------------------------------------


def with_caches(*levels: tuple[int, str]) -> dict[str, Any]:
    """Caches of the recorded machine under these names: (index, level)."""
    data = told()
    known = data["machine"]["caches"]
    data["machine"]["caches"] = [{**known[index], "level": level} for index, level in levels]
    return data


@pytest.mark.parametrize(
    ("levels", "said"),
    [
        ([(0, "L1"), (1, "L2"), (2, "L3"), (2, "L4")], "L4: left out, since 3 levels are simulated at most."),
        (
            [(0, "L1"), (1, "L2"), (2, "L3"), (2, "L3")],
            "L3: it is listed twice; the first of the two is simulated.",
        ),
        (
            [(0, "L1"), (0, "L1"), (1, "L2"), (2, "L3")],
            "L1: it is listed twice; the first of the two is simulated.",
        ),
    ],
)
def test_a_fourth_cache_is_left_out_of_a_simulation_which_says_so(
    levels: list[tuple[int, str]], said: str, run: Callable[..., tuple[int, str, str]]
) -> None:
    data = with_caches(*levels)
    here = machine_of(data)
    sizes = [told()["machine"]["caches"][index]["size_bytes"] for index in range(3)]
    assert [cache.size_bytes for cache in cpu_caches(here)] == sizes and said in cpu_notes(here)
    status, out, _ = run(data, "simulate", "matmul", "--size", "24")
    assert status == 0 and said in out


# -- lists of processors --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["0-30000000", "0-8192", "8192", "0-" + "9" * 5000, "1" * 5000, ",".join(["0-8191"] * 3)]
)
def test_a_list_of_more_processors_than_linux_knows_is_nonsense(text: str) -> None:
    assert parse_cpu_list(text) == () and parse_cores(f"{text};1") in ((), ((1,),))


def test_as_many_processors_as_linux_knows_are_a_list() -> None:
    every = tuple(range(MOST_CPUS))
    assert parse_cpu_list("0-8191") == parse_cpu_list("0000-008191") == every
    assert parse_cores("0-8191") == (every,) and parse_cores("; ".join(["0-8191"] * 1000)) == ()
    assert parse_cpu_mask("f" * (MOST_CPUS // 4)) == every and parse_cpu_mask("1" + "0" * MOST_CPUS) == ()


def test_a_host_whose_list_of_processors_is_nonsense_has_those_of_its_mask() -> None:
    host = hosts.load("linux-graviton3-container")
    host["files"]["/sys/devices/system/cpu/online"] = "0-30000000"
    found: Machine = machine_of(host)
    assert found.cores.cpus_allowed == tuple(host["allowed"]) and found.cores.logical == len(host["allowed"])
