"""`accel disk` and its job: through the queue, with progress, cancelled without a trace, stored, and told."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from disk_records import a_disk
from figure_records import machine, peaks

from accel_core.cli import jobs, main
from accel_core.disk.measuring import STEPS
from accel_core.errors import BadInput, JobCancelled
from accel_core.machine import detect
from accel_core.model import Disk
from accel_core.readings.disk import disk_reading, disk_rows, remarks
from accel_core.runner import run, submit
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.store import Store

Capture = pytest.CaptureFixture[str]


def test_the_command_measures_stores_and_leaves_nothing(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "disk"
    folder.mkdir()
    assert main(["disk", str(folder), "--budget", "0.3", "--json"]) == 0, capsys.readouterr().err
    told = json.loads(capsys.readouterr().out)["disk"]
    assert Store().disks(detect().fingerprint) == [Disk.from_dict(told)]
    assert told["way"] and list(folder.iterdir()) == []


def test_what_is_told_names_rates_latency_way_and_doubts(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    found = replace(a_disk(), doubts=("The machine is virtual.",), kept=0.4)
    monkeypatch.setattr(jobs, "run_job", lambda job: [found])
    monkeypatch.setattr(jobs, "stored_peaks", lambda here: peaks())
    assert main(["disk", "/data"]) == 0
    said = capsys.readouterr().out
    for word in (
        "/data",
        "ext4 on vda",
        "O_DIRECT",
        "read, blocks of 4 MiB, 4 at once",
        "1.80 GB/s",
        "95 % within 97.5 µs",
        "fell to 40 %",
        "NOTE: The machine is virtual.",
        "as long as a load from DRAM",
    ):
        assert word in said, word


@pytest.mark.parametrize("folder", ["nowhere", 7, None])
def test_a_job_for_no_folder_is_bad_input_before_it_waits(tmp_path: Path, folder: object) -> None:
    given = str(tmp_path / folder) if isinstance(folder, str) else folder
    with pytest.raises(BadInput, match=r"name (a|one)"):
        run({"kind": "disk", "folder": given}, "me")


def test_a_cancelled_job_leaves_no_file_and_no_record(tmp_path: Path) -> None:
    job = submit({"kind": "disk", "folder": str(tmp_path), "budget_s": 60.0}, "me")
    deadline = time.monotonic() + 60
    while not job.progress.total and time.monotonic() < deadline:
        time.sleep(0.05)
    assert job.progress.step in STEPS, job.error
    job.cancel()
    assert job.wait(60) and isinstance(job.failure, JobCancelled)
    assert list(tmp_path.iterdir()) == [] and job.results == []


def test_the_machine_s_own_description_names_the_disk_that_was_measured_last(capsys: Capture) -> None:
    here = detect().fingerprint
    assert main(["machine"]) == 0 and "\nDisk " not in capsys.readouterr().out
    for disk in (
        a_disk(read=1.5e9),
        replace(a_disk(), id="2", created="2026-11-29T00:00:00+00:00", way="memory"),
    ):
        Store().save("disk", disk, here)
    assert main(["machine"]) == 0
    assert "1.50 GB/s read, 1.20 GB/s written, one read 75.0 µs (ext4 on vda)" in capsys.readouterr().out


def test_what_it_takes_is_promised_for_both_of_its_steps() -> None:
    here = machine()
    steps_s, compile_s = KINDS["disk"].foresee({"folder": "/", "budget_s": 10.0}, Known(here))
    assert len(steps_s) == 2 and 10 <= sum(steps_s) <= 12 and not sum(compile_s)


@pytest.fixture
def written(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that makes a file as a measurement does, and says so."""
    code = (
        "import sys, time; from pathlib import Path; from accel_core.disk.posix import open_file\n"
        "file = open_file(Path(sys.argv[1]), in_memory=False)\n"
        "print('open', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    yield process
    process.kill()
    process.wait()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows deletes the file with its handle")
def test_a_killed_process_leaves_no_file(written: subprocess.Popen[str], tmp_path: Path) -> None:
    assert written.stdout is not None and written.stdout.readline() == "open\n"
    written.kill()
    written.wait()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_memory_gets_no_sentence_as_a_disk() -> None:
    memory = replace(a_disk(), way="memory", doubts=("It is memory.",))
    assert disk_reading(memory, peaks()) == "" and remarks(memory) == ["It is memory."]
    assert "for the first time" not in str(disk_rows(memory))
