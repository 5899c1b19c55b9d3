"""What a job needs of the compiler, made before it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from accel_core.lessons import lesson
from accel_core.machine import detect
from accel_core.runner import readying

PRODUCT = {"kernel": "matmul/compiled_ikj", "size": 8}


@pytest.mark.parametrize(
    ("name", "kernels"),
    [
        ("most", {"compiled_ijk", "compiled_ikj", "register_tile", "vector_tile", "packed", "packed_threads"}),
        ("order", {"compiled_ijk", "compiled_ikj"}),
        ("order-misses", {"the simulator"}),
    ],
)
def test_what_a_lesson_times_or_simulates_with_is_called_once(
    name: str, kernels: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[str] = []
    monkeypatch.setattr(readying, "_call", lambda case: called.append(case.kernel.partition("/")[2]))
    monkeypatch.setattr(readying, "_simulate", lambda classify, reuse: called.append("the simulator"))
    job = lesson(name).job(detect())
    assert job is not None
    readying.compile_here(job)
    assert kernels <= set(called)


def test_another_process_calls_the_compiled_kernels_of_a_job_on_small_inputs() -> None:
    job = {"kind": "compare", "pairs": [[PRODUCT, {**PRODUCT, "kernel": "matmul/python_loops", "size": 10**4}]]}
    there = "[n for n in ('compiled', 'interpreted') if f'accel_core.kernels.matmul.{n}' in sys.modules]"
    program = f"import sys; {readying.PROGRAM}\nprint({there})"
    with started(program, job) as process:
        assert process.stdout is not None
        assert process.stdout.read().strip() == b"['compiled']"


def test_it_ends_in_the_midst_of_compiling_where_its_server_ends() -> None:
    program = "import time\nfrom accel_core.runner import readying"
    slow = "readying.compile_here = lambda job: time.sleep(120)"
    with started(f"{program}\n{slow}\nprint(flush=True)\nreadying.main()", {}) as process:
        assert process.stdin is not None and process.stdout is not None
        assert process.stdout.readline()
        process.stdin.close()
        assert process.wait(timeout=30) == 1


def test_a_students_own_module_does_not_stand_in_for_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    readying.compile_elsewhere({"kind": "simulate", "word": "nothing that is compiled"})
    assert not (tmp_path / "imported").exists()


def test_what_is_given_up_ends_and_is_begun_anew_when_it_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begun: list[subprocess.Popen[bytes]] = []

    def started_one(*args: Any, **named: Any) -> subprocess.Popen[bytes]:
        begun.append(subprocess.Popen(*args, **named))
        return begun[-1]

    def give_up() -> None:
        raise KeyError

    monkeypatch.setattr(readying, "Popen", started_one)
    monkeypatch.setattr(readying, "PROGRAM", "import time; time.sleep(20)")
    for _ in range(2):
        with pytest.raises(KeyError):
            readying.compile_elsewhere({"kind": "given up"}, give_up)
    assert len(begun) == 2 and all(one.returncode for one in begun)


@contextmanager
def started(program: str, job: Mapping[str, Any]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that runs `program`, with the job in its input, which stays open."""
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.write(f"{json.dumps(job)}\n".encode())
        process.stdin.flush()
        try:
            yield process
        finally:
            process.kill()
