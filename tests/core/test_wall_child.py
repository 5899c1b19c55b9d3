"""A child runs between a signal and a confirmed stop, behind the wall and as a plain process alike."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
import walls

from accel_core.wall import ChildEnded, ChildLate, Limits, start, starting

BOTH = pytest.mark.parametrize("walled", walls.KINDS)


@BOTH
def test_a_child_runs_only_within_a_call(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    lines = "import threading\ncount = [0]\ndef work():\n    while True:\n        count[0] += 1\n"
    lines += "threading.Thread(target=work, daemon=True).start()"
    file = walls.script(tmp_path, lines, "print(count[0], flush=True)\ntime.sleep(0.01)")
    with start(file, walled=walled) as child:
        child.ready(30)
        assert psutil.Process(child.pid).status() == psutil.STATUS_STOPPED
        before = psutil.Process(child.pid).cpu_times()
        time.sleep(0.1)
        assert psutil.Process(child.pid).cpu_times() == before
        assert child.call(30) > 9e6
        assert psutil.Process(child.pid).status() == psutil.STATUS_STOPPED
        assert child.output().split()[0].isdigit()


@BOTH
def test_a_child_has_its_arguments_and_files(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    file = walls.script(tmp_path, "print(sys.argv[1:], job_file('code').read_bytes())")
    with start(file, ["a b", "é"], files={"code": b"1 + 1"}, walled=walled) as child:
        child.ready(30)
        child.call(30)
        names = {Path(one).name.partition(".")[0] for one in child.libraries()}
        assert "libc" in names or not walls.LINUX
        assert child.output().strip() == "['a b', 'é'] b'1 + 1'"
    assert not psutil.pid_exists(child.pid)


@pytest.mark.skipif(os.name == "nt", reason="there a child opens the file that it shares by its name")
@BOTH
def test_a_child_has_shared_memory_under_the_same_number(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    with (tmp_path / "shared").open("w+b") as shared:
        number = shared.fileno()
        file = walls.script(tmp_path, call="os.pwrite(int(sys.argv[1]), b'x', 0)")
        with start(file, [str(number)], shared=[number], walled=walled) as child:
            child.ready(30)
            child.call(30)
        assert os.pread(number, 2, 0) == b"x"


@BOTH
def test_a_child_that_fails_says_so_in_a_sentence(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    with start(walls.script(tmp_path, call="1 / 0"), walled=walled) as child:
        child.ready(30)
        with pytest.raises(ChildEnded, match="status 1: ZeroDivisionError: division by zero"):
            child.call(30)
        with pytest.raises(ChildEnded):
            child.call(30)


@BOTH
def test_a_child_that_is_late_is_ended(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    with start(walls.script(tmp_path, call="time.sleep(100)"), walled=walled) as child:
        child.ready(30)
        with pytest.raises(ChildLate):
            child.call(0.4)
        assert not psutil.pid_exists(child.pid)


@BOTH
def test_a_child_that_floods_its_output_is_ended(tmp_path: Path, walled: bool) -> None:
    walls.require(walled)
    lines = "while True:\n    print('\\033[31m' * 1000)"
    with start(walls.script(tmp_path, call=lines), limits=Limits(output_bytes=5000), walled=walled) as child:
        child.ready(30)
        with pytest.raises(ChildEnded, match="printed more than 5000 bytes"):
            child.call(30)
        assert 4000 < len(child.output()) <= 5000 and "\033" not in child.output()


def test_a_child_without_signals_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starting, "SIGNALS_STOP", False)
    file = walls.script(
        tmp_path,
        "count = [0]",
        """
        count[0] += 1
        print(job_file('x').read_text(), 6 // (3 - count[0]))
        """,
    )
    with start(file, files={"x": b"here"}, walled=False) as child:
        child.ready(30)
        assert child.call(30) > 0 and child.call(30) > 0
        while psutil.Process(child.pid).status() != psutil.STATUS_STOPPED:
            time.sleep(0.01)  # which Linux says before it is so
        with pytest.raises(ChildEnded, match="status 1: ZeroDivisionError"):
            child.call(30)
        assert child.output().startswith("here 3\nhere 6\n")
    with start(walls.script(tmp_path, call="time.sleep(100)"), walled=False) as child:
        child.ready(30)
        with pytest.raises(ChildLate, match=r"not done after 0\.2 s"):
            child.call(0.2)
        assert not psutil.pid_exists(child.pid)
    flood = walls.script(tmp_path, "while True: print('x' * 99_999)")
    with start(flood, walled=False) as child, pytest.raises(ChildEnded, match="printed more than 65536"):
        child.ready(30)


def test_a_child_loads_little_before_what_it_is_given() -> None:
    code = "import sys, accel_core.wall.inside; print(*sys.modules)"
    told = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"subprocess", "psutil", "numpy", "accel_core.wall.starting"} & set(told)
