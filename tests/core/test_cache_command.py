"""`accel simulate` and the job behind it: the contract of its JSON, its refusals, progress and cancel."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from accel_core import machine, runner
from accel_core.cache import CLASSROOM, Simulation, Traversal, simulate
from accel_core.cli import main
from accel_core.errors import BadInput, JobCancelled
from accel_core.runner.kinds import KINDS
from accel_core.runner.spec import check
from accel_core.store import Store

GEOMETRY_KEYS = {"level", "size_bytes", "ways", "line_bytes"}
COUNT_KEYS = {"hits", "misses", "compulsory", "capacity", "conflict", "bytes_in", "bytes_out"}
SMALL = Traversal((12, 12, 12), "kji")


def job(*traversals: Traversal, **more: Any) -> dict[str, Any]:
    lists = {
        "traversals": [traversal.to_dict() for traversal in traversals or (SMALL,)],
        "caches": [cache.to_dict() for cache in CLASSROOM],
    }
    return {"kind": "simulate", **lists, **more}


@pytest.fixture
def in_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run here and at once, checked as ever."""

    def run(data: dict[str, Any], owner: str, *, store: Any, on_event: Any) -> list[Any]:
        results: list[Any] = []

        def emit(event: dict[str, Any]) -> None:
            on_event(event)
            if event["event"] == "result":
                results.append(Simulation.from_dict(json.loads(json.dumps(event["data"]))))

        here = machine.detect()
        KINDS["simulate"].run(check(data, here).data, here, emit)
        return results

    monkeypatch.setattr(runner, "run", run)


def answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["simulate", "matmul", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.usefixtures("in_process")
def test_simulate_prints_accesses_and_levels(capsys: pytest.CaptureFixture[str]) -> None:
    got = answer(capsys, "--order", "ijk", "--size", "64", "--cache", "32768:8:64,1048576:8:64")
    assert got["accesses"] == 2 * 64**3 + 2 * 64**2
    assert [level["level"] for level in got["levels"]] == ["L1", "L2"]
    for level in got["levels"]:
        assert set(level) >= GEOMETRY_KEYS | COUNT_KEYS and set(level["operands"]) == set("ABC")
        assert level["compulsory"] + level["capacity"] + level["conflict"] == level["misses"]
    assert got["levels"][1]["compulsory"] == 3 * 64 * 64 // 16 and got["least_bytes"] == 3 * 64 * 64 * 4
    assert got["cache"] == "as given (32768:8:64,1048576:8:64)"


@pytest.mark.usefixtures("in_process")
def test_every_option_reaches_the_simulation(capsys: pytest.CaptureFixture[str]) -> None:
    words = "--size 9 --order jik --block 4,3,2 --visit hilbert --pad 3 --layout column"
    got = answer(capsys, *words.split())
    assert got["traversal"]["block"] == [4, 3, 2] and got["cache"] == "this CPU (as detected)"
    words = "--shape 9,8,7 --order ijk --block 4 --tile --dtype float64 --cache classroom --policy fifo"
    got = answer(capsys, *words.split(), "--write", "through", "--inclusive", "--no-classify", "--reuse")
    assert got["traversal"] == {
        **Traversal((9, 8, 7), "ijk", (4, 4, 4), True, dtype="float64").to_dict(),
        "shape": [9, 8, 7],
        "block": [4, 4, 4],
    }
    assert [level["inclusive"] for level in got["levels"]] == [False, True]
    assert got["levels"][0]["policy"] == "fifo" and got["levels"][0]["write"] == "through"
    assert got["levels"][0]["conflict"] is None and got["reuse"]["first_touches"] > 0
    assert got["cache"] == "classroom (tiny, to see)"


@pytest.mark.usefixtures("in_process")
def test_the_text_of_a_simulation_names_levels_operands_and_that_nothing_was_measured(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["simulate", "matmul", "--size", "8", "--cache", "classroom", "--reuse"]) == 0
    printed = capsys.readouterr().out
    for word in ("classroom (tiny, to see); simulated, not measured", "L1 (256 B, 2 ways", "  B", "conflict"):
        assert word in printed
    assert "first touch" in printed


@pytest.mark.usefixtures("in_process")
def test_the_dump_is_the_stream_that_was_simulated(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "stream.npz"
    got = answer(capsys, "--size", "6", "--cache", "classroom", "--dump", str(target))
    assert len(np.load(target)["address"]) == got["accesses"] and got["dump"] == str(target)


@pytest.mark.parametrize(
    "words",
    [
        "--order kkk",
        "--size 0",
        "--size -3",
        "--block 0",
        "--block 1,2",
        "--visit morton",
        "--tile --order ikj",
        "--cache 100:3:64",
        "--cache L1",
        "--policy random",
        "--write around",
        "--pad -1",
        "--layout z",
        "--size 100000",
        "--size 512 --dump stream.npz",
        "--size 4 --dump /nowhere/at/all/stream.npz",
    ],
)
@pytest.mark.usefixtures("in_process")
def test_bad_input_ends_in_one_sentence_and_status_2(words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["simulate", "matmul", *words.split()]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("accel: ") and said.err.count("\n") == 1


@pytest.mark.parametrize(
    "changed",
    [
        {"traversals": None},
        {"traversals": 7},
        {"traversals": []},
        {"traversals": [{}]},
        {"traversals": [7]},
        {"traversals": [{"shape": [8, 8, "8"]}]},
        {"traversals": [{"shape": [8, 8, 8], "order": ["i"]}]},
        {"caches": []},
        {"caches": [{}]},
        {"caches": [7]},
        {"caches": [{"size_bytes": 1024, "ways": "2"}]},
        {"caches": [{"size_bytes": 1024, "ways": 2, "colour": 1}]},
        {"caches": [{"size_bytes": 1024, "ways": 2, "policy": ["lru"]}]},
        {"classify": 1},
        {"reuse": "yes"},
        {"cases": []},
    ],
)
def test_a_crafted_job_is_refused_before_it_is_queued(changed: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        check({**job(), **changed}, machine.detect())


def test_the_worker_simulates_what_the_caller_would() -> None:
    events: list[dict[str, Any]] = []
    (done,) = runner.run(job(reuse=True), "a test", store=Store(), on_event=events.append)
    assert done == simulate(SMALL, CLASSROOM, reuse=True)
    assert {"step", "result", "done"} <= {event["event"] for event in events}
    assert not [event for event in events if event["event"] == "warning"]


def test_several_traversals_come_one_after_another_with_one_progress() -> None:
    events: list[dict[str, Any]] = []
    other = Traversal((12, 12, 12), "ijk", (4, 4, 4))
    results = runner.run(job(SMALL, other), "a test", store=Store(), on_event=events.append)
    assert [one.traversal for one in results] == [SMALL, other]
    steps = [event for event in events if event["event"] == "step"]
    done = [step["done"] for step in steps]
    assert (
        done == sorted(done) and done[0] == 0 < done[-1] <= 100 and {step["total"] for step in steps} == {100}
    )
    assert steps[-1]["name"].endswith("(2 of 2)")


def test_a_long_simulation_is_cancelled_in_the_middle() -> None:
    long = runner.submit(job(Traversal((1024, 1024, 1024))), "a test", store=Store())
    while long.progress.done < 1 and not long.wait(0.05):
        pass
    long.cancel()
    assert long.wait(120) and isinstance(long.failure, JobCancelled)
