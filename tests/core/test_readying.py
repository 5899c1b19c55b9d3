"""What a job needs of the compiler, made before it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

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
    names = "compiled", "interpreted"
    program = (
        f"{readying.PROGRAM}\nprint([n for n in {names} if f'accel_core.kernels.matmul.{{n}}' in sys.modules])"
    )
    given = json.dumps(job)
    done = subprocess.run(
        [sys.executable, "-c", program], input=given, capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "['compiled']"


def test_a_students_own_module_does_not_stand_in_for_pythons(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "json.py").write_text("open('imported', 'w').close()\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    readying.compile_elsewhere({"kind": "simulate", "word": "nothing that is compiled"})
    assert not (tmp_path / "imported").exists()
