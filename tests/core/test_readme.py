"""What the README tells a reader to type is typed: on this machine, and on every recorded host."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import recorded_hosts as hosts
from figure_records import ENVIRONMENT, ladder, peaks

import accel_core
from accel_core.cli import commands, main
from accel_core.machine import detect
from accel_core.model import Machine
from accel_core.store import Store

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
Capture = pytest.CaptureFixture[str]


def blocks(language: str) -> list[str]:
    """The fenced blocks of the README in `language`; "" for those that name none."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    return [text for named, text in fenced if named == language]


NAMED = [
    shlex.split(line, comments=True)[1:]
    for block in blocks("")
    for line in block.splitlines()
    if line.startswith("accel ")
]
SHORTENED = {
    "peaks": ["--budget", "3"],
    "disk": ["--budget", "0.3"],
    "out-of-core": ["--budget", "0.3", "--memory", "1M", "--size", "640", "--block", "128"],
    "ladder": ["--budget", "0.05"],
    "bench": ["--budget", "0.05"],
    "compare": ["--budget", "0.05"],
    "sweep": ["--budget", "0.05"],
    "lesson": [],
    "homework run": [],
    "calibrate": ["--budget", "1", "--operation", "add"],
    "transformer --measure": ["--budget", "0.1", "--sequence", "16"],
    "tune": ["--budget", "0.3", "--dtype", "float32"],
}
"""Commands that measure, and what is put behind them here: the times are not looked at."""
ELSEWHERE = ("pool start", "pool worker", "pool status")
"""Commands that stay, or need one that stays: test_hosts_pool.py types them as they stand there."""


def command(words: list[str]) -> str:
    """What is typed first; with its action where a command has several, or with what makes it measure."""
    if "--measure" in words:
        return f"{words[0]} --measure"
    return " ".join(words[:2]) if words[0] in ("homework", "arena", "pool", "store") else words[0]


COMMANDS = [words for words in NAMED if command(words) not in ELSEWHERE]
ANSWERING = [words for words in COMMANDS if command(words) not in SHORTENED]
ASSIGNMENT = """
title = "Short"
[[experiments]]
kind = "sweep"
id = "sizes"
kernels = ["dot/numpy"]
over = "size"
values = [1000]
budget_s = 0.05
"""


def store_roofs_and_ladder() -> None:
    """What the README's first commands leave behind: `accel roofline` draws it."""
    store, here, known = Store(), detect().fingerprint, peaks()
    for part in (*known.ceilings, *known.latencies, *known.curve):
        store.save_peak(here, ENVIRONMENT, part)
    for measurement in ladder():
        store.save_measurement(replace(measurement, fingerprint=here))


def write_homework(words: list[str], folder: Path) -> None:
    """What the commands before one of homework leave behind."""
    if command(words) == "homework new":
        (folder / "assignment.toml").unlink(missing_ok=True)
    else:
        (folder / "assignment.toml").write_text(ASSIGNMENT, encoding="utf-8")
    if words[0] == "store":
        Store(f"sqlite:///{folder / 'records.db'}").save_measurement(next(iter(ladder())))
    (folder / "packs").mkdir(exist_ok=True)
    (folder / "packs" / "pack.json").write_text("{}", encoding="utf-8")


def short(words: list[str]) -> str:
    return " ".join(words)


def test_the_readme_names_every_command() -> None:
    assert {words[0] for words in COMMANDS} == set(commands.COMMANDS)
    assert SHORTENED.keys() | set(ELSEWHERE) < set(map(command, NAMED))


@pytest.mark.parametrize("words", COMMANDS, ids=short)
def test_a_command_line_of_the_readme_runs_here(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    if words[0] == "roofline":
        store_roofs_and_ladder()
    write_homework(words, tmp_path)
    status = main([*words, *SHORTENED.get(command(words), []), "--json"])
    told = capsys.readouterr()
    if words[0] == "out-of-core" and " lies in memory" in told.err:
        return  # where /tmp is a tmpfs, the command says so, and does no more
    assert status == 0, told.err
    assert isinstance(json.loads(told.out), dict)


@pytest.mark.parametrize("name", hosts.NAMES)
def test_a_command_line_of_the_readme_that_does_not_measure_runs_on_every_recorded_host(
    name: str,
    pretend_host: Callable[[str], Machine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    pretend_host(name)
    store_roofs_and_ladder()
    for words in ANSWERING:
        write_homework(words, tmp_path)
        smaller = ["--size", "48"] if words[0] == "simulate" else []
        assert main([*words, *smaller, "--json"]) == 0, (words, capsys.readouterr().err)
        assert isinstance(json.loads(capsys.readouterr().out), dict)


@pytest.mark.parametrize("name", hosts.NAMES)
def test_one_that_measures_refuses_on_every_recorded_host(
    name: str,
    pretend_host: Callable[[str], Machine],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.chdir(tmp_path)
    pretend_host(name)
    for words in COMMANDS:
        if command(words) in SHORTENED:
            write_homework(words, tmp_path)
            assert main(words) == 2
            (line,) = [line for line in capsys.readouterr().err.splitlines() if "warning" not in line]
            assert "Nothing can be measured on the pretend host" in line


@pytest.mark.parametrize("block", blocks("python"), ids=lambda block: block.splitlines()[0])
def test_the_python_of_the_readme_runs(block: str) -> None:
    random = np.random.default_rng(0)
    a, b, x = (random.standard_normal((64, 64)).astype(np.float32) for _ in range(3))
    values = {"a": a, "b": b, "x": x, **vars(accel_core)}
    exec(compile(block, "README.md", "exec"), values)


def test_the_programs_that_the_readme_names_are_there_and_say_what_they_do() -> None:
    named = set(re.findall(r"python (tests/\S+\.py)", README))
    assert len(named) >= 4
    for path in sorted(named):
        done = subprocess.run(
            [sys.executable, ROOT / path, "--help"], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0 and "usage:" in done.stdout, (path, done.stderr)


def test_the_first_line_starts_the_app_that_there_is() -> None:
    first = blocks("")[0]
    match = re.fullmatch(r"pip install -r (\S+) && streamlit run (\S+)\n", first)
    assert match and all((ROOT / path).is_file() for path in match.groups())
