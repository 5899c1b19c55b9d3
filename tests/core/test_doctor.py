"""The doctor's judgement on numbers and texts, and one live checkup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import recorded_hosts as hosts

from accel_core import doctor
from accel_core.doctor import Check, checkup
from accel_core.machine import detect
from accel_core.machine.governor import Governor
from accel_core.model import Blas, Cores, Simd

GIB = 1024**3


def openblas(threads: int | None = 2, kernels: str | None = "Haswell") -> Blas:
    return Blas("OpenBLAS", "0.3", threads, "test", kernels)


HELD = {"OPENBLAS_CORETYPE": "Haswell"}


GOOD = [
    doctor.judge_steal(0.0),
    doctor.judge_steal(0.01),
    doctor.judge_steal(None),
    doctor.judge_other_load(0.2, 8),
    doctor.judge_other_load(None, 8),
    doctor.judge_frequency(Governor("performance", "acpi-cpufreq", 3e9, 3e9)),
    doctor.judge_frequency(Governor("powersave", "intel_pstate", 3e9, 3e9)),
    doctor.judge_frequency(Governor(None)),
    doctor.judge_power(True),
    doctor.judge_power(None),
    doctor.judge_thread_settings({}, 4),
    doctor.judge_thread_settings({"OMP_NUM_THREADS": "4", "NUMBA_NUM_THREADS": "4"}, 4),
    doctor.judge_thread_settings({"OMP_NUM_THREADS": "1"}, 4),
    doctor.judge_blas_threads(openblas(4), 4),
    doctor.judge_blas_threads(openblas(None), 4),
    doctor.judge_blas_threads(None, 4),
    doctor.judge_library_kernels({}, openblas(), openblas()),
    doctor.judge_library_kernels({}, None, None),
    doctor.judge_library_kernels(HELD, openblas(), openblas()),
    doctor.judge_huge_pages("always [madvise] never\n"),
    doctor.judge_huge_pages("[always] madvise never\n"),
    doctor.judge_huge_pages(None),
    doctor.judge_compile_cache(Path("cache"), ""),
    doctor.judge_memory(GIB, 8 * GIB),
    doctor.judge_simd(Simd(("neon",), 128)),
    doctor.judge_widths({"float32": "512 bits, by rule"}),
    doctor.judge_widths({}),
    doctor.judge_cores(Cores(4, 8, 2)),
    doctor.judge_emulation(None),
    doctor.judge_threading_layer("omp"),
    doctor.judge_threading_layer("workqueue"),
    doctor.judge_threading_layer("omp", "OMP_PROC_BIND=true"),
    doctor.judge_threading_layer("omp", "", ["OMP_THREAD_LIMIT"]),
]
BAD = [
    doctor.judge_steal(0.011),
    doctor.judge_other_load(1.0, 8),
    doctor.judge_frequency(Governor("powersave", "acpi-cpufreq", 3e9, 3e9)),
    doctor.judge_frequency(Governor("performance", "acpi-cpufreq", 2e9, 3e9)),
    doctor.judge_power(False),
    doctor.judge_thread_settings({"OMP_NUM_THREADS": "8"}, 4),
    doctor.judge_thread_settings({"OMP_NUM_THREADS": "many"}, 4),
    doctor.judge_thread_settings({"NUMBA_NUM_THREADS": "1"}, 4),
    doctor.judge_blas_threads(openblas(8), 4),
    doctor.judge_library_kernels(HELD, openblas(), openblas(kernels="SkylakeX")),
    doctor.judge_library_kernels(HELD, openblas(kernels=None), None),
    doctor.judge_library_kernels({**HELD, "OPENBLAS_L2_SIZE": "512"}, openblas(), openblas()),
    doctor.judge_library_kernels({"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}, None, None),
    doctor.judge_huge_pages("always madvise [never]\n"),
    doctor.judge_compile_cache(Path("cache"), "Compiled kernels cannot be kept."),
    doctor.judge_memory(GIB - 1, None),
    doctor.judge_simd(Simd((), 64)),
    doctor.judge_cores(Cores(4, 8, 1, quota=1.5)),
    doctor.judge_emulation("This arm64 process is emulated: what is measured is the emulator"),
    doctor.judge_threading_layer(None),
]


@pytest.mark.parametrize("check", GOOD, ids=lambda check: check.name)
def test_a_good_reading_is_ok_and_needs_no_remedy(check: Check) -> None:
    assert (check.ok, check.remedy) == (True, "")


@pytest.mark.parametrize("check", BAD, ids=lambda check: check.name)
def test_a_bad_reading_is_not_ok_and_comes_with_a_remedy(check: Check) -> None:
    assert check.ok is False
    assert check.remedy.endswith(".")


@pytest.mark.parametrize("check", [*GOOD, *BAD], ids=lambda check: check.name)
def test_every_detail_is_a_plain_sentence(check: Check) -> None:
    assert check.detail[0].isalnum()
    assert check.detail.endswith(".")
    assert "None" not in check.detail + check.remedy


def test_details_carry_the_numbers() -> None:
    assert "5.0 %" in doctor.judge_steal(0.05).detail
    assert "1.50 of 8" in doctor.judge_other_load(1.5, 8).detail
    assert "2.00 GHz of 3.00 GHz" in doctor.judge_frequency(Governor("performance", None, 2e9, 3e9)).detail
    assert "OMP_NUM_THREADS=8; 4 processors" in doctor.judge_thread_settings({"OMP_NUM_THREADS": "8"}, 4).detail
    kernels = doctor.judge_library_kernels(HELD, openblas(), openblas(kernels="SkylakeX"))
    assert "OpenBLAS runs its Haswell kernels" in kernels.detail
    assert "Left alone it runs its SkylakeX kernels" in kernels.detail
    assert "Unset OPENBLAS_CORETYPE" in kernels.remedy
    assert "grants 1.5" in doctor.judge_cores(Cores(4, 8, 1, quota=1.5)).detail


def test_what_the_system_does_not_say_is_called_unknown() -> None:
    silent = [
        doctor.judge_steal(None),
        doctor.judge_other_load(None, 2),
        doctor.judge_frequency(Governor(None)),
    ]
    for check in silent:
        assert "unknown" in check.detail


def test_the_compile_cache_follows_numbas_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    found = {check.name: check for check in doctor.checkup(detect(), sample_s=0.0)}
    assert found["compile cache"].detail == f"Compiled kernels are kept in {tmp_path}."


def test_accounts_that_do_not_wait_for_one_another_are_told_what_to_do() -> None:
    found = doctor.judge_host_lock(None)
    assert not found.ok and "not waited for" in found.detail and "ACCEL_HOST_LOCK" in found.remedy
    assert doctor.judge_host_lock(Path("/run/lock")).ok


def test_a_checkup_covers_each_subject_once_and_survives_json() -> None:
    checks = checkup(detect(), sample_s=0.02)
    names = [check.name for check in checks]
    assert len(names) == len(set(names))
    assert {
        "steal time",
        "other load",
        "frequency",
        "thread oversubscription",
        "library kernels",
        "transparent huge pages",
        "compile cache",
        "memory",
        "vector instructions",
        "vector width",
        "one turn for all accounts",
        "threading layer",
        "emulation",
    } <= set(names)
    assert json.loads(json.dumps([check.to_dict() for check in checks]))[0].keys() == {
        "name",
        "ok",
        "detail",
        "remedy",
    }


@pytest.mark.parametrize("name", hosts.NAMES)
def test_a_checkup_bears_every_machine_and_looks_at_an_emulated_one(name: str) -> None:
    machine = hosts.machine(name)
    checks = {check.name: check for check in checkup(machine, sample_s=0.0)}
    assert all(check.ok == (check.remedy == "") for check in checks.values())
    assert checks["emulation"].ok == ("emulated" not in (machine.cpu or ""))
