"""The doctor's judgement on numbers and texts, and one live checkup."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import recorded_hosts as hosts

from accel_core import doctor
from accel_core.doctor import Check, checkup, clock, code, others, threads
from accel_core.machine import detect
from accel_core.machine.governor import Governor
from accel_core.model import Blas, Cores, Simd

GIB = 1024**3


def openblas(threads: int | None = 2, kernels: str | None = "Haswell") -> Blas:
    return Blas("OpenBLAS", "0.3", threads, "test", kernels)


HELD = {"OPENBLAS_CORETYPE": "Haswell"}


GOOD = [
    others.judge_steal(0.0),
    others.judge_steal(0.01),
    others.judge_steal(None),
    others.judge_other_load(0.2, 8),
    others.judge_other_load(None, 8),
    clock.judge_frequency(Governor("performance", "acpi-cpufreq", 3e9, 3e9)),
    clock.judge_frequency(Governor("powersave", "intel_pstate", 3e9, 3e9)),
    clock.judge_frequency(Governor(None)),
    clock.judge_power(True),
    clock.judge_power(None),
    threads.judge_thread_settings({}, 4),
    threads.judge_thread_settings({"OMP_NUM_THREADS": "4", "NUMBA_NUM_THREADS": "4"}, 4),
    threads.judge_thread_settings({"OMP_NUM_THREADS": "1"}, 4),
    threads.judge_blas_threads(openblas(4), 4),
    threads.judge_blas_threads(openblas(None), 4),
    threads.judge_blas_threads(None, 4),
    code.judge_library_kernels({}, openblas(), openblas()),
    code.judge_library_kernels({}, None, None),
    code.judge_library_kernels(HELD, openblas(), openblas()),
    code.judge_huge_pages("always [madvise] never\n"),
    code.judge_huge_pages("[always] madvise never\n"),
    code.judge_huge_pages(None),
    code.judge_compile_cache(Path("cache"), ""),
    others.judge_memory(GIB, 8 * GIB),
    code.judge_simd(Simd(("neon",), 128)),
    code.judge_widths({"float32": "512 bits, by rule"}),
    code.judge_widths({}),
    threads.judge_cores(Cores(4, 8, 2)),
    code.judge_emulation(None),
    threads.judge_threading_layer("omp"),
    threads.judge_threading_layer("workqueue"),
    threads.judge_threading_layer("omp", "OMP_PROC_BIND=true"),
    threads.judge_threading_layer("omp", "", ["OMP_THREAD_LIMIT"]),
]
BAD = [
    others.judge_steal(0.011),
    others.judge_other_load(1.0, 8),
    clock.judge_frequency(Governor("powersave", "acpi-cpufreq", 3e9, 3e9)),
    clock.judge_frequency(Governor("performance", "acpi-cpufreq", 2e9, 3e9)),
    clock.judge_power(False),
    threads.judge_thread_settings({"OMP_NUM_THREADS": "8"}, 4),
    threads.judge_thread_settings({"OMP_NUM_THREADS": "many"}, 4),
    threads.judge_thread_settings({"NUMBA_NUM_THREADS": "1"}, 4),
    threads.judge_blas_threads(openblas(8), 4),
    code.judge_library_kernels(HELD, openblas(), openblas(kernels="SkylakeX")),
    code.judge_library_kernels(HELD, openblas(kernels=None), None),
    code.judge_library_kernels({**HELD, "OPENBLAS_L2_SIZE": "512"}, openblas(), openblas()),
    code.judge_library_kernels({"MKL_ENABLE_INSTRUCTIONS": "SSE4_2"}, None, None),
    code.judge_huge_pages("always madvise [never]\n"),
    code.judge_compile_cache(Path("cache"), "Compiled kernels cannot be kept."),
    others.judge_memory(GIB - 1, None),
    code.judge_simd(Simd((), 64)),
    threads.judge_cores(Cores(4, 8, 1, quota=1.5)),
    code.judge_emulation("This arm64 process is emulated: what is measured is the emulator"),
    threads.judge_threading_layer(None),
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
    assert "5.0 %" in others.judge_steal(0.05).detail
    assert "1.50 of 8" in others.judge_other_load(1.5, 8).detail
    assert "2.00 GHz of 3.00 GHz" in clock.judge_frequency(Governor("performance", None, 2e9, 3e9)).detail
    assert (
        "OMP_NUM_THREADS=8; 4 processors" in threads.judge_thread_settings({"OMP_NUM_THREADS": "8"}, 4).detail
    )
    kernels = code.judge_library_kernels(HELD, openblas(), openblas(kernels="SkylakeX"))
    assert "OpenBLAS runs its Haswell kernels" in kernels.detail
    assert "Left alone it runs its SkylakeX kernels" in kernels.detail
    assert "Unset OPENBLAS_CORETYPE" in kernels.remedy
    assert "grants 1.5" in threads.judge_cores(Cores(4, 8, 1, quota=1.5)).detail


def test_what_the_system_does_not_say_is_called_unknown() -> None:
    silent = [
        others.judge_steal(None),
        others.judge_other_load(None, 2),
        clock.judge_frequency(Governor(None)),
    ]
    for check in silent:
        assert "unknown" in check.detail


def test_the_compile_cache_follows_numbas_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    found = {check.name: check for check in doctor.checkup(detect(), sample_s=0.0)}
    assert found["compile cache"].detail == f"Compiled kernels are kept in {tmp_path}."


def test_accounts_that_do_not_wait_for_one_another_are_told_what_to_do() -> None:
    found = others.judge_host_lock(None)
    assert not found.ok and "not waited for" in found.detail and "ACCEL_HOST_LOCK" in found.remedy
    assert others.judge_host_lock(Path("/run/lock")).ok


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
