"""The children of a judging: what they share, what they cannot reach, and that none outlives its job."""

from __future__ import annotations

import mmap
import os
import pickle
import sys
import threading
from pathlib import Path

import psutil
import pytest

if sys.platform != "linux":
    pytest.skip("sealed memory and /proc are Linux's", allow_module_level=True)

import judged
import numpy as np
import walls

from accel_core.judge import players
from accel_core.judge.asked import Asked, Refused
from accel_core.judge.inside import pages
from accel_core.judge.staging import Stage
from accel_core.registry import workload
from accel_core.runner import submitting as runner

ENDLESS = """
def matmul(a, b, out):
    while out[0, 0] != 1:
        out[0, 0] = 2
"""


def test_inputs_can_be_read_by_others_and_never_written_and_nothing_changes_its_length() -> None:
    with Stage(4096, 4096) as stage:
        assert stage.sealed
        with pytest.raises(PermissionError):
            mmap.mmap(stage.inputs_fd, 0)
        with pytest.raises(PermissionError):
            os.pwrite(stage.inputs_fd, b"x", 0)
        for descriptor in stage.shared:
            for length in (0, 1 << 20):
                with pytest.raises(PermissionError):
                    os.ftruncate(descriptor, length)
        inputs = workload("matmul").make_inputs((3, 4, 5), "float32", 1)
        places = stage.shape(inputs, (3, 5), "float32")
        stage.put(inputs)
        seen = pages.Pages(*stage.shared)
        for (start, lengths), array in zip(places["inputs"], inputs, strict=True):
            assert start % 64 == 0
            assert (np.frombuffer(seen.inputs, "float32", array.size, start).reshape(lengths) == array).all()


def test_a_report_that_a_child_made_up_is_cut_and_no_more() -> None:
    with Stage(4096, 4096) as stage:
        shared = pages.Pages(*stage.shared)
        shared.output[8:16] = (1 << 60).to_bytes(8, "little")
        assert len(stage.report()[1]) == pages.MOST_REPORTED
        shared.output[8:16] = (-1).to_bytes(8, "little", signed=True)
        assert stage.report()[1] == b""


@pytest.mark.parametrize("walled", walls.KINDS)
def test_no_library_of_linear_algebra_can_be_reached_where_machine_code_runs(walled: bool) -> None:
    walls.require(walled)
    asked = Asked(judged.event(), judged.LOOPS, 1, walled=walled)
    made = players.compile_code(asked, [2, 2, 2])
    with Stage(4096, 4096) as stage:
        player = players.native_player(asked, made, stage)
        with player.child:
            lines = Path(f"/proc/{player.child.pid}/maps").read_text(encoding="utf-8").splitlines()
            algebra = [line.split()[1] for line in lines if "blas" in line.rsplit("/", 1)[-1].lower()]
            assert algebra and all(rights.startswith("---") for rights in algebra)


@pytest.mark.parametrize("line", ["np.dot(a, b, out)", "out[:] = a @ b"])
def test_a_product_of_numpys_is_called_a_library_and_not_a_lack_of_one(line: str) -> None:
    code = f"import numpy as np\ndef matmul(a, b, out):\n    {line}\n"
    with pytest.raises(Refused, match=r"in this division only code .* write the loops yourself"):
        players.compile_code(Asked(judged.event(), code, 1, walled=False), [2, 2, 2])


def test_what_an_error_is_called_is_read_and_never_loaded(tmp_path: Path) -> None:
    made = tmp_path / "made"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[Path]]:
            return Path.touch, (made,)

    assert "IndexError: too far" in players.raised(pickle.dumps((IndexError, ("too far",), None)))
    players.raised(pickle.dumps(Bomb()))
    assert not made.exists()
    assert players.raised(b"\x80\x05garbage") == "an error"


@pytest.mark.parametrize("walled", walls.KINDS)
def test_a_cancelled_job_leaves_no_child_behind(walled: bool) -> None:
    walls.require(walled)
    begun = threading.Event()
    others = psutil.Process().children(recursive=True)  # of tests before this one

    def heard(event: dict[str, object]) -> None:
        if event.get("name") == "example":
            begun.set()

    told = {
        "kind": "arena",
        "event": judged.event().to_dict(),
        "code": ENDLESS,
        "tried": True,
        "walled": walled,
    }
    job = runner.submit(told, "somebody", on_event=heard)
    assert begun.wait(120)
    children = [one for one in psutil.Process().children(recursive=True) if one not in others]
    assert len(children) >= 2  # the worker, and the child that computes without end
    job.cancel()
    assert job.wait(30) and job.state == "cancelled"
    _, alive = psutil.wait_procs(children, timeout=20)
    assert not alive
