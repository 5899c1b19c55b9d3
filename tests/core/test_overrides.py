"""Variables that keep a library from choosing its own kernels: which count, and what is said of them."""

from __future__ import annotations

import subprocess

import pytest

from accel_core.machine import blas as module
from accel_core.machine.blas import blas_left_alone
from accel_core.machine.overrides import OVERRIDES, overridden, overrides
from accel_core.model import Blas

HASWELL = Blas("OpenBLAS", "0.3", 2, "test", "Haswell")


def test_only_variables_that_change_a_librarys_choice_count() -> None:
    given = {"OPENBLAS_CORETYPE": "Haswell", "MKL_CBWR": " ", "OMP_NUM_THREADS": "2", "PATH": "/bin"}
    assert overrides(given) == {"OPENBLAS_CORETYPE": "Haswell"}
    assert overrides({}) == {}


@pytest.mark.parametrize(("name", "value"), [("NUMBA_OPT", "3"), ("NUMBA_CPU_NAME", "host")])
def test_a_value_that_is_the_default_holds_nothing_back(name: str, value: str) -> None:
    assert overrides({name: value}) == {}
    assert overrides({name: "0"}) == {name: "0"}


def test_the_sentence_names_the_variables_and_the_kernels_that_run() -> None:
    held = {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_L2_SIZE": "512"}
    assert overridden(held, HASWELL) == (
        "OPENBLAS_CORETYPE=Haswell and OPENBLAS_L2_SIZE=512 are set: OpenBLAS runs its Haswell kernels."
    )
    assert overridden({}, HASWELL) == ""


def test_another_librarys_variable_is_not_blamed_on_blas() -> None:
    said = overridden({"NUMBA_CPU_NAME": "generic"}, HASWELL)
    assert said == "NUMBA_CPU_NAME=generic is set: Numba is told for which processor to compile."


@pytest.mark.parametrize("name", OVERRIDES)
def test_every_variable_is_explained_in_a_sentence(name: str) -> None:
    said = overridden(overrides({name: "x"}), None)
    assert said.startswith(f"{name}=x is set: ") and said.endswith(".")


def test_the_library_is_asked_without_the_overrides(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = {}

    def run(command: list[str], env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        seen.update(env)
        loaded = '[{"user_api": "blas", "internal_api": "openblas", "architecture": "SkylakeX"}]'
        return subprocess.CompletedProcess(command, 0, loaded, "")

    monkeypatch.setattr(module.subprocess, "run", run)
    alone = blas_left_alone({"OPENBLAS_CORETYPE": "Haswell", "PATH": "/bin"})
    assert alone is not None and alone.architecture == "SkylakeX"
    assert seen == {"PATH": "/bin"}


def test_a_library_that_cannot_be_asked_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.sys, "executable", "no such program")
    assert blas_left_alone({}) is None
