"""One turn for the whole host: where its lock may lie, what others can prepare there, who holds it."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from accel_core import host_lock
from accel_core.errors import AccelWarning
from accel_core.host_lock import EVERYBODY_MAY_READ, NAME, VARIABLE, is_taken, lock_folder, take_turn

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")

HOLDER = "from accel_core.host_lock import take_turn; print(take_turn(), flush=True); input()"


@contextmanager
def another() -> Iterator[subprocess.Popen[str]]:
    """A process that has asked for the turn, and says whether it has it."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def answer(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """Two places that stand for those of the system, which belong to the administrator."""
    monkeypatch.delenv(VARIABLE)
    monkeypatch.setattr(host_lock, "_is_for_all", lambda folder: True)
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    monkeypatch.setattr(host_lock, "PLACES", (first, second))
    return first, second


def test_only_one_process_has_the_turn_and_it_is_free_once_that_is_killed() -> None:
    assert not is_taken()
    with another() as first:
        assert answer(first) == "True"
        assert is_taken() and not take_turn()
        with another() as second:
            assert answer(second) == "False"
        assert is_taken()
    with another() as third:
        assert answer(third) == "True"
    assert not is_taken()


def test_a_look_does_not_take_the_turn() -> None:
    assert lock_folder() == Path(os.environ[VARIABLE])
    assert not is_taken() and not is_taken()
    with another() as process:
        assert answer(process) == "True"


def test_the_file_is_empty_and_open_to_all_whatever_the_umask() -> None:
    before = os.umask(0o077)
    try:
        assert not is_taken()
    finally:
        os.umask(before)
    found = (Path(os.environ[VARIABLE]) / NAME).stat()
    assert (stat.S_IMODE(found.st_mode), found.st_size) == (EVERYBODY_MAY_READ, 0)


def test_a_file_that_another_account_made_is_locked_without_being_written() -> None:
    path = Path(os.environ[VARIABLE]) / NAME
    path.write_text("theirs")
    path.chmod(0o444)
    before = path.stat()
    with another() as process:
        assert answer(process) == "True"
    assert (path.read_text(), path.stat().st_mtime_ns) == ("theirs", before.st_mtime_ns)


def link_elsewhere(path: Path, victim: Path) -> None:
    path.symlink_to(victim)


def link_to_nowhere(path: Path, victim: Path) -> None:
    path.symlink_to(victim.with_name("not there"))


def second_name(path: Path, victim: Path) -> None:
    path.hardlink_to(victim)


def pipe(path: Path, victim: Path) -> None:
    os.mkfifo(path, 0o666)


def a_folder(path: Path, victim: Path) -> None:
    path.mkdir()


def secret(path: Path, victim: Path) -> None:
    path.touch(0o600)


@pytest.mark.parametrize("prepare", [link_elsewhere, link_to_nowhere, second_name, pipe, a_folder, secret])
def test_what_a_hostile_account_prepares_is_passed_over_and_left_alone(
    prepare: Callable[[Path, Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = folders(tmp_path, monkeypatch)
    victim = tmp_path / "victim"
    victim.write_text("precious")
    victim.chmod(0o644)
    prepare(first / NAME, victim)
    assert lock_folder() == second and not is_taken()
    (second / NAME).unlink()
    prepare(second / NAME, victim)
    assert lock_folder() is None and not is_taken()
    assert take_turn(), "there is nobody to wait for"
    assert victim.read_text() == "precious" and stat.S_IMODE(victim.stat().st_mode) == 0o644
    assert not victim.with_name("not there").exists()


def test_a_lock_whose_file_was_taken_away_is_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    path, real = Path(os.environ[VARIABLE]) / NAME, host_lock._is_in

    def replaced(folder: Path, descriptor: int) -> bool:
        path.unlink()
        path.touch(0o444)
        return real(folder, descriptor)

    monkeypatch.setattr(host_lock, "_is_in", replaced)
    assert not take_turn()


def test_a_folder_counts_where_it_is_the_administrators_and_everybodys(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def judged(mode: int, owner: int) -> bool:
        return host_lock._is_for_all(os.stat_result((mode, 0, 0, 2, owner, 0, 0, 0, 0, 0)))

    assert judged(stat.S_IFDIR | 0o1777, 0)
    assert not judged(stat.S_IFDIR | 0o1777, 1000)  # somebody else's
    assert not judged(stat.S_IFDIR | 0o0777, 0)  # anybody may take the file away
    assert not judged(stat.S_IFDIR | 0o0755, 0)  # not everybody may make one


def test_a_named_folder_that_cannot_be_used_is_said_and_nobody_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing"))
    with pytest.warns(AccelWarning, match="where no file can be made and locked"):
        assert take_turn()
    assert lock_folder() is None and not is_taken()


def test_a_file_system_that_knows_no_locks_is_passed_over(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folders(tmp_path, monkeypatch)

    def refuse(descriptor: int, how: int) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr(host_lock.fcntl, "flock", refuse)
    assert lock_folder() is None and take_turn()
