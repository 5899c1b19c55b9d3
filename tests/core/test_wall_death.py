"""Whatever moment its judge is killed at, a child does not outlive it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from pathlib import Path

import psutil
import pytest
import walls

if not walls.LINUX:
    pytest.skip("only Linux ends a child with its parent", allow_module_level=True)

JUDGE = """
import sys
from pathlib import Path
from accel_core.wall import start

print("starting", flush=True)
child = start(Path(sys.argv[1]), [sys.argv[2]], walled=sys.argv[3] == "True")
print("started", flush=True)
child.ready(60)
print("ready", flush=True)
child.call(60)
print("stopped", flush=True)
sys.stdin.read()
"""
MOMENTS = [(True, "starting", pause_s) for pause_s in (0.0, 0.005, 0.01, 0.02, 0.04, 0.08)]
MOMENTS += [(walled, word, 0.0) for walled in (True, False) for word in ("started", "ready", "stopped")]
"""Whether the child is walled in, the judge's word upon which it is killed, and after how long."""


def marked(mark: str) -> list[int]:
    """The processes of this host with `mark` in their command line, without those that are only not reaped."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (path / "cmdline").read_bytes():
                found.append(int(path.name))
        except OSError:
            continue
    return found


def outliving(mark: str) -> list[int]:
    """Those of them that are there after 15 seconds; they are ended then."""
    deadline = time.monotonic() + 15
    while marked(mark) and time.monotonic() < deadline:
        time.sleep(0.005)
    left = marked(mark)
    for pid in left:
        psutil.Process(pid).kill()
    return left


@pytest.mark.parametrize(("walled", "word", "pause_s"), MOMENTS)
def test_a_child_ends_with_its_judge(tmp_path: Path, walled: bool, word: str, pause_s: float) -> None:
    walls.require(walled)
    mark = uuid.uuid4().hex
    file = walls.script(tmp_path, "time.sleep(0.02)", "time.sleep(0.05)")
    line = [sys.executable, "-c", JUDGE, str(file), mark, str(walled)]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as judge:
        assert judge.stdout
        for said in judge.stdout:
            if said.strip() == word:
                break
        time.sleep(pause_s)
        there = marked(mark)
        judge.kill()
    assert judge.pid in there and (word == "starting" or len(there) == 2)
    assert not outliving(mark)


def test_a_stopped_judges_child_stands_still_and_ends_with_it(tmp_path: Path) -> None:
    walls.require_wall()
    mark = uuid.uuid4().hex
    line = [sys.executable, "-c", JUDGE, str(walls.script(tmp_path, call="time.sleep(0.3)")), mark, "True"]
    with subprocess.Popen(line, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as judge:
        assert judge.stdout
        while judge.stdout.readline().strip() != "ready":
            pass
        os.kill(judge.pid, 19)
        time.sleep(0.05)
        judge.kill()
    assert not outliving(mark)
