"""Numba's settings: under which nothing is measured, under which it is and says so, and never a roof."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from figure_records import ENVIRONMENT, ladder, machine, peaks

from accel_core.cli import text
from accel_core.errors import AccelError, BadInput
from accel_core.figures import PAPER, held_back_text, roofline_figure, roofline_reading
from accel_core.kernels.compiled import compiled
from accel_core.machine import compiler, detect, environment
from accel_core.machine.overrides import held
from accel_core.model import Environment, Measurement
from accel_core.peaks import measure_peaks
from accel_core.registry import WORKLOADS
from accel_core.roofline import judge
from accel_core.runner.workers import worker_environment

REFUSED = {
    "NUMBA_DISABLE_JIT": ("1", " 2 "),
    "NUMBA_NUM_THREADS": ("0", "-1", "abc", "", "1000000", "2.5", "9" * 30),
    "NUMBA_THREADING_LAYER": ("nonsense", ""),
}
ALLOWED = {
    "NUMBA_DISABLE_JIT": ("0", "no number: Numba tells"),
    "NUMBA_NUM_THREADS": ("1", " 2 ", "+64"),
    "NUMBA_THREADING_LAYER": ("workqueue", "OMP", "default"),
}


def told_by(script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script], env={**os.environ, **variables}, capture_output=True, text=True
    )


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in REFUSED.items() for v in values])
def test_a_setting_under_which_nothing_is_compiled_is_refused_by_its_name(name: str, value: str) -> None:
    said = compiler.refusal({name: value})
    assert said.startswith(f"{name}={value.strip()} is ") and said.endswith("then start again.")


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, values in ALLOWED.items() for v in values])
def test_all_other_settings_are_left_to_numba(name: str, value: str) -> None:
    assert compiler.refusal({name: value}) == compiler.refusal({}) == ""


EVERY_DOOR = """
import contextlib, io, json
import numpy as np
import accel_core
from accel_core.cli import main

said = []
for command in ("bench matmul/compiled_ikj --size 8", "peaks --budget 1", "simulate matmul --size 8",
                "calibrate --budget 1", "ladder matmul --size 8", "machine --json", "intensity matmul --json"):
    with contextlib.redirect_stderr(io.StringIO()) as errors, contextlib.redirect_stdout(io.StringIO()):
        status = main(command.split())
    said.append([command, status, errors.getvalue()])
for call in (lambda: accel_core.matmul(np.ones((2, 2)), np.ones((2, 2))), lambda: accel_core.gelu(np.ones(2)),
             lambda: accel_core.measure(accel_core.Case("matmul/numpy", 8), accel_core.detect()),
             lambda: accel_core.fused_gelu(np.ones(2))):
    try:
        call()
    except accel_core.BadInput as error:
        said.append(["call", 2, f"accel: {error}\\n"])
print(json.dumps(said))
"""


@pytest.mark.parametrize("setting", ["NUMBA_DISABLE_JIT=1", "NUMBA_NUM_THREADS=0", "NUMBA_OPT=7"])
def test_every_door_says_one_sentence_with_the_variables_name(setting: str) -> None:
    name, _, value = setting.partition("=")
    told = told_by(EVERY_DOOR, **{name: value})
    assert told.returncode == 0, told.stderr
    assert "Traceback" not in told.stderr
    said = json.loads(told.stdout)
    measuring, others, calls = said[:5], said[5:7], said[7:]
    assert len(calls) == 4
    for _, status, sentence in (*measuring, *calls):
        assert status == 2
        assert re.fullmatch(rf"accel: {setting} is .*, then start again\.\n", sentence), sentence
    assert [(status, sentence) for _, status, sentence in others] == [(0, "")] * 2


def test_a_compiler_that_cannot_be_imported_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiler, "_refused", [])
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setitem(sys.modules, "numba", None)  # as Python marks a module that is not there
    with pytest.raises(AccelError, match=r"Numba cannot be imported \(ModuleNotFoundError: .*pip"):
        compiler.require_compiler()
    monkeypatch.delitem(sys.modules, "numba")
    with pytest.raises(AccelError, match="Numba cannot be imported"):  # the same, though it might load by now
        compiler.require_compiler()


# -- held back ------------------------------------------------------------------------------------------------


def held_back(m: Measurement) -> Measurement:
    return replace(m, environment=replace(m.environment, overrides={"NUMBA_CPU_NAME": "generic"}))


def test_no_roof_is_measured_under_what_holds_the_compiler_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    with pytest.raises(BadInput, match=r"NUMBA_CPU_NAME=generic is set: .* a roof is what the machine can do"):
        measure_peaks(detect(), budget_s=0.1)


def test_a_job_measures_roofs_without_what_holds_the_compiler_back_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NUMBA_CPU_NAME", "generic")
    monkeypatch.setenv("NUMBA_LOOP_VECTORIZE", "0")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    variables, said = worker_environment("peaks")
    assert not {"NUMBA_CPU_NAME", "NUMBA_LOOP_VECTORIZE"} & set(variables)
    assert variables["OPENBLAS_CORETYPE"] == "Haswell"
    assert said[-1].startswith("NUMBA_CPU_NAME=generic and NUMBA_LOOP_VECTORIZE=0 are set: ")
    kept, nothing = worker_environment("bench")
    assert kept["NUMBA_CPU_NAME"] == "generic" and not nothing


def test_a_kernel_is_measured_under_them_and_its_record_says_so() -> None:
    command = ["-m", "accel_core", "bench", "matmul/numpy", "--size", "8", "--budget", "0.05", "--json"]
    variables = {**os.environ, "NUMBA_CPU_NAME": "generic"}
    told = subprocess.run([sys.executable, *command], env=variables, capture_output=True, text=True)
    assert told.returncode == 0, told.stderr
    assert "accel: warning: NUMBA_CPU_NAME=generic is set: Numba is told for which processor" in told.stderr
    record = json.loads(told.stdout)["measurement"]
    assert record["environment"]["overrides"] == {"NUMBA_CPU_NAME": "generic"}


def test_the_environment_knows_what_holds_back_and_older_records_know_of_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("NUMBA_OPT", "0")
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    now = environment()
    assert now.held_back == "OPENBLAS_CORETYPE=Haswell and NUMBA_OPT=0 were set"
    assert Environment.from_dict(json.loads(json.dumps(now.to_dict()))) == now
    old = {name: value for name, value in now.to_dict().items() if name != "overrides"}
    assert Environment.from_dict(old).held_back == ""


def test_a_file_of_settings_that_numba_has_read_counts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import numba.core.config as config

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(config._env_reloader, "old_environ", {"NUMBA_CPU_NAME": "generic", "NUMBA_OPT": 3})
    assert held() == {}  # left over from a variable that is unset by now
    (tmp_path / ".numba_config.yaml").write_text("cpu_name: generic\n", encoding="utf-8")
    assert held() == {"NUMBA_CPU_NAME": "generic"}


def doubled(x: int) -> int:
    return 2 * x


@pytest.mark.parametrize(("name", "value"), [("OPT", 0), ("LOOP_VECTORIZE", 0), ("BOUNDSCHECK", 1)])
def test_code_made_under_another_setting_is_not_run_without_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: int
) -> None:
    import numba

    def from_disk() -> bool:
        function = compiled(doubled)
        assert function(21) == 42
        return bool(function.stats.cache_hits)

    monkeypatch.setattr(numba.config, "CACHE_DIR", str(tmp_path))
    with monkeypatch.context() as told:
        told.setattr(numba.config, name, value)
        assert [from_disk(), from_disk()] == [False, True]
    assert [from_disk(), from_disk()] == [False, True]


def test_every_answer_names_what_held_a_kernel_back() -> None:
    free, slow = ladder()[-1], held_back(ladder()[-1])
    said = "NUMBA_CPU_NAME=generic was set"
    assert "HELD BACK" in text.measurement(slow) and said in text.measurement(slow)
    assert said in text.measurements([slow], [])
    assert "HELD BACK" not in text.measurement(free)
    assert held_back_text([free, slow]) == f"Held back: 1 of 2 was measured while {said}."
    assert held_back_text([free]) == held_back_text([]) == ""


def test_the_audit_and_the_picture_say_that_a_point_was_held_back() -> None:
    here, known = machine(), peaks()
    points = [held_back(m) for m in ladder()]
    verdict = judge(points[-1], known.ceilings, here)
    assert verdict is not None and "was held back: NUMBA_CPU_NAME=generic was set" in verdict.held_back
    figure = roofline_figure(here, known.ceilings, points, PAPER, workloads=WORKLOADS, environment=ENVIRONMENT)
    assert "Held back:" in figure.to_json()
    assert "was held back" in roofline_reading(here, known.ceilings, points, workloads=WORKLOADS)
    free = judge(ladder()[-1], known.ceilings, here)
    assert free is not None and free.held_back == ""
