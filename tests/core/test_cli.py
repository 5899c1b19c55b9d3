"""The answers of `accel`: the contract of each command's JSON, and text that a person can read."""

from __future__ import annotations

import json
import math
import os
import sqlite3
import subprocess
import sys
import uuid
from pathlib import Path
from typing import Any

import pytest

from accel_core import machine as machine_module
from accel_core import runner
from accel_core.cli import drawing, main, text
from accel_core.errors import AccelError, JobCancelled, StoreUnavailable
from accel_core.model import (
    DTYPES,
    Case,
    Ceiling,
    Clock,
    Comparison,
    CurvePoint,
    Environment,
    Estimate,
    Latency,
    Measurement,
    Refusal,
)
from accel_core.registry import workload
from accel_core.store import Store

ENVIRONMENT = Environment("0", "3.11", "2.4", "0.68", None, "Linux 6", None)


def keys(words: str) -> set[str]:
    return set(words.split())


CEILING_KEYS = keys(
    "kind name level width_bits dtype threads operation byte_convention working_set_bytes value low high n unit"
    " source definition"
)
MEASUREMENT_KEYS = keys(
    "workload kernel size shape dtype threads parameters time_s flop least_bytes flop_per_s"
    " intensity_flop_per_byte peak_alloc_bytes compile_s verified max_relative_error machine"
)
COMPARISON_KEYS = keys("a b size dtype threads time_s_a time_s_b ratio low high n")
MACHINE_KEYS = keys("cpu cores caches simd blas memory_bytes clock_hz measured_clock_hz fingerprint")


def measured(case: Case, time_s: float = 1e-3) -> Measurement:
    """What a benchmark of `case` could have given."""
    problem = workload(case.kernel.split("/")[0])
    shape = case.shape or problem.shape(case.size)
    return Measurement(
        workload=problem.name,
        kernel=case.kernel,
        size=case.size,
        shape=shape,
        dtype=case.dtype,
        threads=case.threads,
        parameters=case.parameters,
        time_s=Estimate(time_s, time_s * 0.99, time_s * 1.01, 9),
        samples_s=(time_s,) * 9,
        repetitions=1,
        stopped="interval",
        flop=problem.flop(shape),
        least_bytes=problem.least_bytes(shape, case.dtype),
        peak_alloc_bytes=0,
        compile_s=0.0,
        verified=True,
        max_relative_error=math.nan,
        cpu_s=1.0,
        wall_s=1.0,
        steal_fraction=None,
        disturbed=False,
        disturbed_reason="",
        fingerprint=machine_module.detect().fingerprint,
        environment=ENVIRONMENT,
        created="2026-01-01T00:00:00Z",
        id=uuid.uuid4().hex,
    )


def ceiling(name: str, kind: str, level: str | None, value: float) -> Ceiling:
    """A measured float32 roof of one thread."""
    return Ceiling(
        kind=kind,
        name=name,
        level=level,
        width_bits=256,
        dtype="float32",
        threads=1,
        operation="load" if level else "fma",
        byte_convention="stream" if level else None,
        working_set_bytes=16384 if level else None,
        value=value,
        low=None,
        high=None,
        n=5,
        unit="byte/s" if level else "FLOP/s",
        source="measured",
        definition="As it was run.",
    )


PEAKS = (
    ceiling("fma_float32_256_1t", "compute", None, 1e11),
    ceiling("load_L1_1t", "memory", "L1", 2e11),
    ceiling("load_DRAM_1t", "memory", "DRAM", 3e10),
    Clock(Estimate(3.6e9, 3.59e9, 3.61e9, 9), "A chain of dependent additions."),
    Latency("L1", 16384, Estimate(1.5e-9, None, None, 3), "Pointer chase."),
    CurvePoint(16384, Estimate(2e11, None, None, 3), None),
)


@pytest.fixture
def jobs(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The jobs that were submitted; the runner answers at once with made-up results."""
    seen: list[dict[str, Any]] = []

    def run(job: dict[str, Any], owner: str, *, store: Store, on_event: Any) -> list[Any]:
        seen.append(job)
        on_event({"event": "step", "name": "the step", "done": 0, "total": 1, "expected_s": 2.0})
        if job["kind"] == "peaks":
            return list(PEAKS)
        if job["kind"] == "compare":
            a, b = (Case.from_dict(case) for case in job["pairs"][0])
            ratio = Estimate(2.0, 1.9, 2.1, 9)
            return [Comparison(a.kernel, b.kernel, a.size, a.dtype, a.threads, 1.0, 2.0, ratio)]
        first, *others = (Case.from_dict(case) for case in job["cases"])
        return [
            *(measured(case) for case in others or [first]),
            *([Refusal(first, "Too slow.", 99.0, 8)] if others else []),
        ]

    monkeypatch.setattr(runner, "run", run)
    return seen


def answer(capsys: pytest.CaptureFixture[str], *argv: str) -> dict[str, Any]:
    """The JSON that `accel argv --json` prints, which is all that it prints on standard output."""
    status = main([*argv, "--json"])
    printed = capsys.readouterr()
    assert status == 0, printed.err
    data = json.loads(printed.out, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert isinstance(data, dict)
    return data


# -- the JSON of each command ---------------------------------------------------------------------------------


def test_machine_tells_the_hardware_the_blas_and_both_clocks(capsys):
    machine = answer(capsys, "machine")["machine"]
    assert set(machine) >= MACHINE_KEYS
    assert machine["measured_clock_hz"] is None
    assert machine["blas"]["name"]
    assert all({"level", "size_bytes", "ways", "line_bytes"} <= set(cache) for cache in machine["caches"])


def test_machine_tells_the_clock_that_was_measured_earlier(capsys):
    clock = PEAKS[3]
    Store().save_peak(machine_module.detect().fingerprint, ENVIRONMENT, clock)
    assert answer(capsys, "machine")["machine"]["measured_clock_hz"] == 3.6e9


def test_peaks_gives_ceilings_latencies_curve_and_clock(capsys, jobs):
    data = answer(capsys, "peaks", "--dtype", "float32", "--threads", "1", "--budget", "3")
    assert jobs == [{"kind": "peaks", "dtypes": ["float32"], "threads": [1], "budget_s": 3.0}]
    assert all(set(c) >= CEILING_KEYS for c in data["ceilings"])
    assert [c["name"] for c in data["ceilings"] if c["source"] == "measured"] == [c.name for c in PEAKS[:3]]
    assert data["clock"]["clock_hz"]["median"] == 3.6e9
    assert data["latencies"][0]["level"] == "L1"
    assert data["curve"][0]["working_set_bytes"] == 16384


def test_peaks_gives_the_fastest_clock_that_a_phase_met(capsys, monkeypatch):
    clocks = [Clock(Estimate(hz, None, None, 3), "") for hz in (3.4e9, 3.6e9)]
    monkeypatch.setattr(runner, "run", lambda *job, **more: [*PEAKS[:3], *clocks])
    assert answer(capsys, "peaks")["clock"]["clock_hz"]["median"] == 3.6e9


def test_an_option_left_out_of_peaks_means_all_of_them(capsys, jobs):
    answer(capsys, "peaks")
    allowed = machine_module.detect().cores.allowed
    assert jobs[0]["dtypes"] == list(DTYPES)
    assert jobs[0]["threads"] == sorted({1, allowed})


def test_bench_gives_one_measurement(capsys, jobs):
    data = answer(
        capsys, "bench", "matmul/compiled_tiled", "--size", "32", "--block", "8", "--dtype", "float64"
    )
    assert jobs[0]["cases"][0]["parameters"] == {"block": 8}
    assert set(data["measurement"]) >= MEASUREMENT_KEYS
    assert set(data["measurement"]["time_s"]) == {"median", "low", "high", "n"}
    assert data["measurement"]["machine"] == machine_module.detect().fingerprint
    assert data["measurement"]["max_relative_error"] is None, "NaN is null in JSON"


def test_bench_takes_a_shape_in_place_of_a_size(capsys, jobs):
    data = answer(capsys, "bench", "matmul/numpy", "--shape", "3,5,7")
    assert data["measurement"]["shape"] == [3, 5, 7]
    assert data["measurement"]["flop"] == 2 * 3 * 5 * 7


def test_bench_without_a_size_takes_the_one_of_the_workload(capsys, jobs):
    answer(capsys, "bench", "matmul/numpy")
    assert jobs[0]["cases"][0]["size"] == workload("matmul").default_size


def test_compare_gives_a_pair_for_each_size(capsys, jobs):
    data = answer(capsys, "compare", "matmul/compiled_ikj", "matmul/numpy", "--sizes", "16,32")
    assert [[case["size"] for case in pair] for pair in jobs[0]["pairs"]] == [[16, 16], [32, 32]]
    assert set(data["comparisons"][0]) >= COMPARISON_KEYS
    assert data["comparisons"][0]["ratio"] == 2.0


def test_compare_says_what_held_both_kernels_back(capsys, jobs, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    command = ("compare", "matmul/compiled_ikj", "matmul/numpy", "--sizes", "256")
    assert answer(capsys, *command)["environment"]["overrides"] == {"OPENBLAS_CORETYPE": "Haswell"}
    assert main(list(command)) == 0
    assert "HELD BACK: OPENBLAS_CORETYPE=Haswell was set." in capsys.readouterr().out
    monkeypatch.delenv("OPENBLAS_CORETYPE")
    assert main(list(command)) == 0
    assert "HELD BACK" not in capsys.readouterr().out


def test_compare_takes_shapes_among_its_sizes(capsys, jobs):
    answer(capsys, "compare", "matmul/packed", "matmul/numpy", "--sizes", "16,20x3x7,16,20x3x7")
    assert [pair[0]["shape"] for pair in jobs[0]["pairs"]] == [None, [20, 3, 7]]
    assert main(["compare", "matmul/packed", "matmul/numpy", "--sizes", "20x"]) == 2


def test_compare_says_what_was_refused(capsys, monkeypatch):
    a, b = Case("matmul/numpy", 16), Case("matmul/python_loops", 4096)
    comparison = Comparison(a.kernel, b.kernel, 16, "float32", 1, 1.0, 2.0, Estimate(2.0, 1.9, 2.1, 9))
    monkeypatch.setattr(runner, "run", lambda *job, **more: [comparison, Refusal(b, "Too slow.")])
    asked = ["compare", a.kernel, b.kernel, "--sizes", "16,4096"]
    data = answer(capsys, *asked)
    assert len(data["comparisons"]) == 1
    assert (data["refused"][0]["kernel"], data["refused"][0]["reason"]) == (b.kernel, "Too slow.")
    assert main(asked) == 0
    assert "matmul/python_loops was not run: Too slow." in capsys.readouterr().out


def test_compare_with_nothing_but_refusals_is_bad_input(capsys):
    assert main(["compare", "matmul/python_loops", "matmul/numpy", "--sizes", "4096", "--json"]) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "would take about" in printed.err


def test_ladder_gives_measurements_and_what_was_refused(capsys, jobs):
    data = answer(capsys, "ladder", "matmul", "--size", "32")
    rungs = [f"matmul/{kernel.name}" for kernel in workload("matmul").kernels]
    assert [case["kernel"] for case in jobs[0]["cases"]] == rungs
    assert [m["kernel"] for m in data["measurements"]] == rungs[1:]
    assert (data["refused"][0]["kernel"], data["refused"][0]["reason"]) == (rungs[0], "Too slow.")


def test_a_rung_without_threads_stands_in_a_ladder_of_two_threads_with_one(capsys, jobs):
    answer(capsys, "ladder", "matmul", "--size", "32", "--threads", "2")
    asked = {case["kernel"]: case["threads"] for case in jobs[0]["cases"]}
    assert asked == {f"matmul/{k.name}": 2 if k.threaded else 1 for k in workload("matmul").kernels}


def test_the_ladder_sets_a_rung_beside_the_one_it_changes():
    times = {"compiled_ijk": 8e-3, "compiled_tiled": 4e-3, "compiled_ikj": 1e-3}
    rows = [measured(Case(f"matmul/{name}", 64), time_s) for name, time_s in times.items()]
    first, tiled, ikj = text.measurements(rows, []).splitlines()[1:]
    assert "times" not in first
    assert tiled.endswith("2.00 times faster than compiled_ijk")
    assert ikj.endswith("8.00 times faster than compiled_ijk")


@pytest.mark.parametrize(
    ("over", "key", "values"),
    [("block=8,16", "parameters", [{"block": 8}, {"block": 16}]), ("size=8,16", "size", [8, 16])],
)
def test_sweep_varies_one_setting(capsys, jobs, over, key, values):
    data = answer(capsys, "sweep", "matmul/compiled_tiled", "--over", over)
    assert [case[key] for case in jobs[0]["cases"]] == values
    assert all(set(m) >= MEASUREMENT_KEYS for m in data["measurements"])


def test_sweep_over_threads_of_two_kernels_runs_every_pair_once(capsys, jobs):
    answer(capsys, "sweep", "matmul/numpy,matmul/compiled_ikj", "--over", "threads=1,2,1")
    asked = [(case["kernel"], case["threads"]) for case in jobs[0]["cases"]]
    assert asked == [(k, t) for k in ("matmul/numpy", "matmul/compiled_ikj") for t in (1, 2)]


def test_roofline_writes_a_page_that_stands_alone(capsys, tmp_path):
    here, store = machine_module.detect(), Store()
    for part in PEAKS:
        store.save_peak(here.fingerprint, ENVIRONMENT, part)
    store.save_measurement(measured(Case("matmul/numpy", 64)))
    store.save_measurement(measured(Case("matmul/numpy", 64, dtype="float64")))
    page = tmp_path / "roofline.html"
    data = answer(capsys, "roofline", "--html", str(page))
    assert data["measurements"] == 1
    assert "<html" in page.read_text(encoding="utf-8").lower()


def test_roofline_draws_the_newest_of_each_kernel_and_all_on_demand(capsys, tmp_path, monkeypatch):
    here, store = machine_module.detect(), Store()
    for part in PEAKS:
        store.save_peak(here.fingerprint, ENVIRONMENT, part)
    for kernel, size in (("numpy", 64), ("numpy", 65), ("numpy", 66), ("packed", 64)):
        store.save_measurement(measured(Case(f"matmul/{kernel}", size)))
    page = ("roofline", "--html", str(tmp_path / "roofline.html"))
    latest, every = answer(capsys, *page), answer(capsys, *page, "--points", "all")
    assert [(said["measurements"], said["stored"]) for said in (latest, every)] == [(2, 4), (4, 4)]
    monkeypatch.setattr("accel_core.readings.roofline.MOST_POINTS", 2)
    assert main([*page, "--points", "all"]) == 0
    assert "2 of 4 measurements of float32 on 1 thread" in capsys.readouterr().out


def test_a_damaged_record_is_told_on_standard_error_and_the_others_are_drawn(capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("ACCEL_STORE_URL", f"sqlite:///{tmp_path / 'records.db'}")
    here, store = machine_module.detect(), Store()
    for part in PEAKS:
        store.save_peak(here.fingerprint, ENVIRONMENT, part)
    for size in (64, 65):
        store.save_measurement(measured(Case("matmul/numpy", size)))
    database = sqlite3.connect(tmp_path / "records.db")
    with database:
        database.execute("UPDATE accel_measurements SET payload = '{' WHERE row = 1")
    database.close()
    assert main(["roofline", "--html", str(tmp_path / "roofline.html"), "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["measurements"] == 1
    assert "1 damaged record was skipped" in said.err


def test_a_disk_that_fills_up_leaves_the_earlier_page(monkeypatch, tmp_path):
    target = tmp_path / "page.html"
    target.write_text("earlier", encoding="utf-8")
    write_text = Path.write_text

    def half_then_full(self, data, **options):
        write_text(self, data[: len(data) // 2], **options)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", half_then_full)
    with pytest.raises(AccelError, match="No space left"):
        drawing._write(target, "a new page")
    assert target.read_text(encoding="utf-8") == "earlier"
    assert [path.name for path in tmp_path.iterdir()] == ["page.html"]


def test_roofline_without_roofs_says_to_measure_them_first(capsys, tmp_path):
    assert main(["roofline", "--html", str(tmp_path / "roofline.html")]) == 1
    assert "accel peaks" in capsys.readouterr().err


def test_intensity_counts_by_hand(capsys):
    data = answer(capsys, "intensity", "matmul", "--shape", "2,3,4", "--dtype", "float64")
    assert data["flop"] == 2 * 2 * 3 * 4
    assert data["bytes"] == 8 * (2 * 3 + 3 * 4 + 2 * 4)
    assert data["intensity_flop_per_byte"] == pytest.approx(48 / 208)
    assert "48" in data["derivation"]


def test_doctor_gives_checks_with_remedies(capsys):
    checks = answer(capsys, "doctor")["checks"]
    assert checks
    assert all(set(check) >= {"name", "ok", "detail", "remedy"} for check in checks)


# -- text ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["machine"], ["Processor", "Fingerprint"]),
        (["peaks"], ["fma_float32_256_1t", "100 GFLOP/s", "3.60 GHz"]),
        (["bench", "matmul/numpy", "--size", "32"], ["1.00 ms", "65.5 MFLOP/s", "n = 9"]),
        (
            ["compare", "matmul/compiled_ikj", "matmul/numpy", "--sizes", "16"],
            ["2.00 times faster", "1.90 to 2.10"],
        ),
        (["ladder", "matmul", "--size", "32"], ["matmul/numpy", "was not run: Too slow.", "N=8"]),
        (["sweep", "matmul/numpy", "--over", "size=8,16"], ["16x16x16"]),
        (["intensity", "matmul"], ["FLOP/B"]),
    ],
    ids=lambda value: value[0],
)
def test_text_gives_the_numbers_with_their_units(capsys, jobs, argv, words):
    assert main(argv) == 0
    printed = capsys.readouterr().out
    assert all(word in printed for word in words), printed


# -- faults ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), JobCancelled("The job was cancelled.")])
def test_control_c_ends_with_130_and_one_sentence(capsys, monkeypatch, stop):
    def run(*_: object, **__: object) -> None:
        raise stop

    monkeypatch.setattr(runner, "run", run)
    assert main(["bench", "matmul/numpy"]) == 130
    printed = capsys.readouterr()
    assert not printed.out
    assert len(printed.err.splitlines()) == 1


def test_a_fault_inside_ends_with_1_and_one_sentence(capsys, monkeypatch):
    def run(*_: object, **__: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr(runner, "run", run)
    assert main(["bench", "matmul/numpy", "--json"]) == 1
    printed = capsys.readouterr()
    assert not printed.out
    assert "RuntimeError: first line second line" in printed.err
    assert len(printed.err.splitlines()) == 1


@pytest.mark.parametrize(
    "argv", [["bench", "matmul/python_loops"], ["ladder", "matmul"]], ids=["bench", "ladder"]
)
def test_where_everything_is_refused_the_reason_is_the_answer(capsys, monkeypatch, argv):
    def run(job: dict[str, Any], *_: object, **__: object) -> list[Refusal]:
        return [Refusal(Case.from_dict(case), "It would take a year.") for case in job["cases"]]

    monkeypatch.setattr(runner, "run", run)
    assert main([*argv, "--json"]) == 2
    printed = capsys.readouterr()
    assert (printed.out, printed.err) == ("", "accel: It would take a year.\n")


@pytest.mark.parametrize(
    "argv", [["bench", "matmul/numpy"], ["compare", "matmul/numpy", "matmul/compiled_ikj"]]
)
def test_a_kernel_that_fails_is_a_fault_and_no_bad_input(capsys, monkeypatch, argv):
    failed = Refusal(Case("matmul/numpy", 16), "Its result is wrong.", fault=True)
    monkeypatch.setattr(runner, "run", lambda *job, **more: [failed])
    assert main(argv) == 1
    assert capsys.readouterr().err == "accel: Its result is wrong.\n"


def test_a_store_that_cannot_be_read_leaves_the_machine_known(capsys, monkeypatch):
    def unreadable(*_: object) -> None:
        raise StoreUnavailable("The record store is damaged.")

    monkeypatch.setattr(Store, "peaks", unreadable)
    assert main(["machine", "--json"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["machine"]["measured_clock_hz"] is None
    assert "warning: The record store is damaged." in printed.err


# -- the real thing --------------------------------------------------------------------------------------------


def accel(*argv: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m accel_core argv` in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "accel_core", *argv],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )


def test_a_real_benchmark_is_verified_and_stored(capsys):
    data = answer(capsys, "bench", "matmul/numpy", "--size", "16", "--budget", "0.05")["measurement"]
    assert data["verified"] is True
    assert data["time_s"]["median"] > 0
    assert [m.id for m in Store().measurements(data["machine"])] == [data["id"]]


def test_a_store_in_a_forbidden_place_still_measures_and_warns(tmp_path):
    (tmp_path / "file").write_text("no folder")
    url = f"sqlite:///{(tmp_path / 'file' / 'records.db').as_posix()}"
    done = accel("bench", "matmul/numpy", "--size", "16", "--budget", "0.05", "--json", ACCEL_STORE_URL=url)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["measurement"]["verified"] is True
    assert "warning" in done.stderr


def test_a_typing_mistake_is_told_without_loading_numpy():
    code = "import sys\nfrom accel_core.cli import main\nmain(['bensh'])\nprint('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=240)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(("variables", "lines"), [({}, 1), ({"ACCEL_TRACEBACK": "1"}, 2)])
def test_what_a_module_logs_is_only_shown_to_who_asks_for_tracebacks(variables, lines):
    code = (
        "import logging\nfrom accel_core.cli import main\nmain(['bensh'])\n"
        "logging.getLogger('accel_core.runner.job').error('where it happened')"
    )
    command, environment = [sys.executable, "-c", code], {**os.environ, **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True, timeout=240)
    assert len(done.stderr.splitlines()) == lines


def test_a_reader_that_goes_away_is_no_fault():
    command = [sys.executable, "-m", "accel_core", "intensity", "matmul"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout and process.stderr
    process.stdout.close()
    complaint = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=240) == 141
    assert not complaint
