"""Where this user's files lie: homes that are missing, full, read-only, that know no locks, or are no UTF-8."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import filelock
import forbidding
import pytest
import recorded_hosts as hosts
from sqlalchemy.engine import URL
from test_store import a_measurement

from accel_core import doctor, folders
from accel_core.cli.output import json_text
from accel_core.doctor import reading
from accel_core.errors import AccelError, AccelWarning, BadInput, StoreUnavailable, printable
from accel_core.kernels import compiled as module
from accel_core.kernels.compiled import compiled
from accel_core.machine import detect, pretence
from accel_core.machine.overrides import OVERRIDES, overridden, overrides
from accel_core.machine.recorded import read_machine
from accel_core.machine.thread_settings import BINDINGS, bindings
from accel_core.runner import folders as queue
from accel_core.runner.job import Job
from accel_core.runner.tickets import open_queue
from accel_core.store import Store, database, faults

LATIN = "caf\udce9"
"""A name of Latin-1 on a system of UTF-8, as Python spells it."""
NOBODY = """
import os, sys, platformdirs
os.environ.pop("HOME", None)
try:
    import pwd
except ImportError:  # Windows asks elsewhere
    def homeless(*_, **__):
        raise RuntimeError("no home")
    platformdirs.user_data_path = platformdirs.user_state_path = platformdirs.user_cache_path = homeless
else:
    def nobody(user):
        raise KeyError(f"uid not found: {user}")
    pwd.getpwuid = nobody
"""
"""As in a container that runs under a number: no HOME, and no entry in the list of accounts."""


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A process of a user without a home; the temporary folder."""

    def none(*_: object, **__: object) -> Path:
        raise RuntimeError("could not determine the home directory for '~/.local/share'")

    for name in ("user_data_path", "user_state_path", "user_cache_path"):
        monkeypatch.setattr(folders.platformdirs, name, none)
    for name in ("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_STORE_URL"):
        monkeypatch.delenv(name)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def warned(call: Callable[[], object]) -> tuple[Any, list[str]]:
    """What `call` returns, and what this project warned of meanwhile."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = call()
    return result, [str(warning.message) for warning in seen if warning.category is AccelWarning]


def blocked(tmp_path: Path) -> Path:
    """A path below a file: nothing can be made there, whoever asks (root may write to read-only folders)."""
    file = tmp_path / "file"
    file.touch()
    return file / "below"


# -- no home -------------------------------------------------------------------------------------------------


def test_without_a_home_records_lie_in_a_temporary_folder_and_a_warning_says_so(homeless: Path) -> None:
    folder, said = warned(folders.data_folder)
    assert folder.parent == homeless
    assert len(said) == 1 and "this user has no home folder: set ACCEL_HOME" in said[0]


def test_a_tilde_that_means_no_home_is_no_fault_either(homeless: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nowhere(path: Path) -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setenv("ACCEL_HOME", "~/records")
    monkeypatch.setattr(Path, "expanduser", nowhere)
    assert warned(folders.data_folder)[0].parent == homeless


def test_without_any_folder_the_store_says_what_to_set_when_it_is_used(
    homeless: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folders, "spare_folder", lambda: None)
    store = Store()
    with pytest.raises(StoreUnavailable, match="set ACCEL_HOME"):
        store.count()
    assert store.skipped == ""


def test_a_system_without_a_temporary_folder_has_no_spare_one(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise FileNotFoundError(errno.ENOENT, "No usable temporary directory found")

    monkeypatch.setattr(tempfile, "gettempdir", none)
    assert folders.spare_folder() is None


def test_without_a_home_kernels_are_kept_in_the_temporary_folder(homeless: Path, tmp_path: Path) -> None:
    cache, warning = folders.numba_cache({}, blocked(tmp_path))
    assert cache is not None and homeless in cache.parents
    assert "a home folder can be written" in warning and "NUMBA_CACHE_DIR" in warning


def test_the_whole_program_works_for_a_user_without_home_or_account(tmp_path: Path) -> None:
    own = ("ACCEL_", "XDG_")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    environment |= {"TMPDIR": str(tmp_path), "TEMP": str(tmp_path)}
    script = f"""{NOBODY}
import numpy as np
import accel_core
assert accel_core.matmul(np.ones((3, 3)), np.ones((3, 3)))[0, 0] == 3
assert accel_core.gelu(np.zeros(3)).tolist() == [0, 0, 0]
from accel_core.cli import main
sys.exit(main(["bench", "matmul/numpy", "--size", "8", "--budget", "0.05", "--json"]) or main(["machine"]))
"""
    told = subprocess.run(
        [sys.executable, "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert told.returncode == 0, told.stderr
    assert "accel: warning: Jobs queue up in" in told.stderr
    assert "Records are kept in" in told.stderr
    assert not (tmp_path / "~").exists()
    assert list(tmp_path.glob("accel-explorer-*/records.db")), "what was measured is stored"


def test_a_folder_is_tried_without_leaving_anything_in_it(tmp_path: Path) -> None:
    assert folders.can_write(tmp_path / "new", 1000)
    assert not folders.can_write(blocked(tmp_path), 0)
    assert list((tmp_path / "new").iterdir()) == []


# -- the queue -----------------------------------------------------------------------------------------------


def test_the_queue_falls_back_to_a_temporary_folder_of_the_user(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCEL_QUEUE", str(blocked(tmp_path)))
    monkeypatch.setattr(queue, "SPARE", tmp_path)
    found, said = warned(queue.queue_folder)
    assert tmp_path in found.parents
    assert len(said) == 1 and "cannot be written to or is full" in said[0] and "set ACCEL_QUEUE" in said[0]


def test_no_folder_for_the_queue_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_QUEUE", str(blocked(tmp_path)))
    monkeypatch.setattr(queue, "SPARE", tmp_path / "file" / "tmp")
    with pytest.raises(AccelError, match="ACCEL_QUEUE"):
        open_queue()


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path, set[Path]]:
    """(the user's own folder for the queue, the temporary one, those of them that are full)."""
    own, spare, full = tmp_path / "own", tmp_path / "tmp", set[Path]()
    for folder in (own, spare):
        folder.mkdir()
    monkeypatch.delenv("ACCEL_QUEUE")
    monkeypatch.setattr(folders.platformdirs, "user_state_path", lambda *a, **k: own)
    monkeypatch.setattr(queue, "SPARE", spare)
    has_room = folders.can_write
    monkeypatch.setattr(queue, "can_write", lambda at, room: not full & set(at.parents) and has_room(at, room))
    return own, spare, full


@pytest.mark.parametrize("others", ["TMPDIR", "the current folder"])
def test_two_processes_without_a_queue_of_their_own_meet_in_one_temporary_folder(
    rooms: tuple[Path, Path, set[Path]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, others: str
) -> None:
    own, spare, full = rooms
    full.add(own)
    first = warned(queue.queue_folder)[0]
    assert spare in first.parents
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / others))
    assert warned(queue.queue_folder)[0] == first


def test_where_both_folders_are_full_nothing_is_measured(rooms: tuple[Path, Path, set[Path]]) -> None:
    full = rooms[2]
    full.update(rooms[:2])
    with pytest.raises(AccelError, match=r"is full.*set ACCEL_QUEUE"):
        queue.queue_folder()


def test_a_disk_that_gets_full_sends_nobody_away_from_those_that_queue_there(
    rooms: tuple[Path, Path, set[Path]],
) -> None:
    own, spare, full = rooms
    opened = open_queue()
    ticket = opened.enter("me")
    assert own in opened.folder.parents
    full.add(own)
    with pytest.raises(AccelError, match=r"cannot join those that queue in .* free some space"):
        queue.queue_folder()
    opened.leave(ticket)
    assert spare in warned(queue.queue_folder)[0].parents


def test_a_disk_with_room_again_calls_nobody_away_from_those_that_queue_elsewhere(
    rooms: tuple[Path, Path, set[Path]],
) -> None:
    own, _, full = rooms
    full.add(own)
    opened = warned(open_queue)[0]
    ticket = opened.enter("me")
    full.clear()
    found, said = warned(queue.queue_folder)
    assert found == opened.folder and "others queue there already" in said[0]
    opened.leave(ticket)
    assert own in queue.queue_folder().parents


def without_locks(monkeypatch: pytest.MonkeyPatch, refuses: Callable[[Path], bool], number: int) -> None:
    """Locks are refused in the folders that `refuses` names, as a network's file system does."""
    acquire = filelock.FileLock.acquire

    def refuse(lock: filelock.FileLock, *arguments: Any, **named: Any) -> Any:
        if refuses(Path(lock.lock_file)):
            raise OSError(number, os.strerror(number))
        return acquire(lock, *arguments, **named)

    monkeypatch.setattr(filelock.FileLock, "acquire", refuse)


refusals = pytest.mark.parametrize(
    "number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS], ids=lambda n: errno.errorcode[n]
)


@refusals
def test_a_home_that_refuses_locks_has_its_queue_in_the_temporary_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    home, spare = tmp_path / "home", tmp_path / "tmp"
    spare.mkdir()
    monkeypatch.setenv("ACCEL_QUEUE", str(home))
    monkeypatch.setattr(queue, "SPARE", spare)
    without_locks(monkeypatch, lambda file: home in file.parents, number)
    opened, said = warned(open_queue)
    assert spare in opened.folder.parents
    assert len(said) == 1 and f"files in {home} cannot be locked" in said[0]
    opened.leave(opened.enter("me"))


@refusals
def test_where_no_folder_takes_a_lock_the_sentence_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    without_locks(monkeypatch, lambda file: True, number)
    with pytest.raises(AccelError, match=r"cannot be locked.*set ACCEL_QUEUE"):
        open_queue()


def test_a_queue_whose_locks_are_refused_later_is_said_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = open_queue()
    without_locks(monkeypatch, lambda file: True, errno.ENOLCK)
    with pytest.raises(AccelError, match=r"cannot be locked .*: set ACCEL_QUEUE"):
        opened.enter("me")


@pytest.mark.skipif(not forbidding.POSSIBLE, reason="only Linux refuses one system call of a process")
@pytest.mark.parametrize("reason", ["ENOLCK", "ENOSYS"])
def test_a_kernel_that_refuses_locks_is_one_sentence(reason: str) -> None:
    told = subprocess.run(
        [
            *(sys.executable, str(Path(forbidding.__file__)), "flock", reason),
            *(sys.executable, "-m", "accel_core", "bench", "matmul/numpy", "--size", "8"),
        ],
        capture_output=True,
        text=True,
    )
    assert told.returncode == 1
    assert told.stderr.count("\n") == 1 and "set ACCEL_QUEUE" in told.stderr


def test_a_store_whose_folder_knows_no_locks_says_so_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "lock_fault", lambda folder: "No locks available")
    store = Store(f"sqlite:///{(tmp_path / 'records.db').as_posix()}")
    with pytest.raises(StoreUnavailable, match=r"cannot be locked \(No locks available\).*set ACCEL_HOME"):
        store.save_measurement(a_measurement())
    (tmp_path / "records.db").touch()
    with pytest.raises(StoreUnavailable, match=r"read from .* cannot be locked"):
        store.count()


@pytest.mark.skipif(not forbidding.POSSIBLE, reason="only Linux refuses one system call of a process")
def test_a_kernel_that_refuses_the_stores_locks_costs_no_measurement() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "ACCEL_STORE_URL"}
    told = subprocess.run(
        [
            *(sys.executable, str(Path(forbidding.__file__)), "fcntl", "ENOLCK"),
            *(sys.executable, "-m", "accel_core", "bench", "matmul/numpy", "--size", "8", "--budget", "0.05"),
        ],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert "verified" in told.stdout
    assert "files there cannot be locked" in told.stderr and "set ACCEL_HOME" in told.stderr


# -- compiled kernels ----------------------------------------------------------------------------------------


def test_a_temporary_folder_that_others_may_write_to_is_not_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    spare = folders.spare_folder()
    assert spare is not None
    if hasattr(os, "getuid"):
        spare.chmod(0o777)
        assert folders.spare_folder() is None


def test_compiled_kernels_stay_beside_their_source_where_that_can_be_written(tmp_path: Path) -> None:
    assert folders.numba_cache({}, tmp_path) == (None, "")


def test_compiled_kernels_stay_where_the_user_said(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    assert folders.numba_cache({"NUMBA_CACHE_DIR": str(asked)}, tmp_path) == (asked, "")


def test_compiled_kernels_go_to_the_users_cache_then_to_a_temporary_folder_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = blocked(tmp_path)
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda *a, **k: tmp_path / "cache")
    assert folders.numba_cache({}, source) == (tmp_path / "cache" / "numba", "")
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda *a, **k: source)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    cache, warning = folders.numba_cache({}, source)
    assert cache is not None and tmp_path in cache.parents and "NUMBA_CACHE_DIR" in warning
    monkeypatch.setattr(tempfile, "tempdir", str(source))
    cache, warning = folders.numba_cache({}, source)
    assert cache is None and "cannot be kept" in warning


def twice(x: int) -> int:
    return 2 * x


def test_a_kernel_whose_folder_is_read_only_is_kept_in_the_users_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(__file__).parent
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr("numba.core.config.CACHE_DIR", "")
    writable = folders.can_write
    monkeypatch.setattr(module, "can_write", lambda at, room: here not in at.parents and writable(at, room))
    monkeypatch.setattr(folders.platformdirs, "user_cache_path", lambda *a, **k: tmp_path / "cache")
    assert compiled(twice)(3) == 6
    assert list((tmp_path / "cache" / "numba").rglob("*.nbc"))


@pytest.mark.parametrize("reason", ["no locator available for file", "Unknown cache locator class: 'Nonsense'"])
def test_a_kernel_that_cannot_be_kept_is_compiled_all_the_same_with_a_warning(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError(reason)

    monkeypatch.setattr("numba.core.caching.CacheImpl.__init__", refuse)
    function, said = warned(lambda: compiled(twice))
    assert function(3) == 6
    assert len(said) == 1 and "set NUMBA_CACHE_DIR" in said[0]


# -- paths that are no UTF-8 ---------------------------------------------------------------------------------


def test_bytes_that_are_no_utf8_are_shown_and_never_raise() -> None:
    assert printable(f"/home/{LATIN}/x") == "/home/caf\\xe9/x"
    assert printable("µ \ud83d").encode() == "µ \\ud83d".encode()
    assert str(AccelError(f"Cannot write {LATIN}.")).encode("utf-8")
    assert str(AccelWarning(LATIN)).encode("utf-8")


def test_what_a_job_or_an_answer_says_of_such_a_path_is_text_to_everybody() -> None:
    job = Job("id", "me", {})
    job.warn(f"Compiled kernels are kept in {LATIN}.")
    assert job.warnings == ["Compiled kernels are kept in caf\\xe9."]
    assert json.loads(json_text({"html": LATIN})) == {"html": "caf\\xe9"}


def latin_folder(above: Path) -> Path:
    """A folder whose name is no UTF-8, or is not ASCII where the system lets no name be that (macOS)."""
    try:
        (above / LATIN).mkdir()
    except OSError:
        (above / "café").mkdir()
        return above / "café"
    return above / LATIN


def test_a_path_that_is_no_utf8_is_a_path_like_any_other(tmp_path: Path) -> None:
    folder = latin_folder(tmp_path)
    environment = {key: value for key, value in os.environ.items() if key != "ACCEL_STORE_URL"}
    names = ("ACCEL_HOME", "ACCEL_QUEUE", "NUMBA_CACHE_DIR", "TMPDIR")
    command = ["-m", "accel_core", "bench", "matmul/compiled_ikj", "--size", "8", "--budget", "0.05", "--json"]
    told = subprocess.run(
        [sys.executable, *command],
        env={**environment, **dict.fromkeys(names, str(folder))},
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert "warning" not in told.stderr
    assert json.loads(told.stdout)["measurement"]["verified"] is True
    assert (folder / "records.db").exists() and (folder / "queue").is_dir() and list(folder.rglob("*.nbc"))


def test_a_page_can_be_written_to_a_path_that_is_no_utf8(tmp_path: Path) -> None:
    from accel_core.cli.drawing import _write

    target = latin_folder(tmp_path) / "page.html"
    _write(target, "<p>µ</p>")
    assert target.read_text(encoding="utf-8") == "<p>µ</p>"


def spelled_wrong(monkeypatch: pytest.MonkeyPatch, text: str) -> Path:
    """A file of such a name that holds `text`; not every file system would take the name."""
    read = Path.read_text
    monkeypatch.setattr(Path, "read_text", lambda at, **how: text if LATIN in at.name else read(at, **how))
    return Path(f"{LATIN}.json")


def test_a_recorded_machine_in_such_a_file_is_named_in_text_to_everybody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorded = hosts.path_of("darwin-m2").read_text(encoding="utf-8")
    machine = read_machine(spelled_wrong(monkeypatch, recorded))
    assert machine.pretended == "caf\\xe9.json"
    assert pretence(machine).encode()


def test_half_of_a_pair_in_a_recorded_machine_is_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"machine": {**hosts.machine("darwin-m2").to_dict(), "cpu": "M2 \ud83d"}}
    with pytest.raises(BadInput, match="is no recorded machine"):
        read_machine(spelled_wrong(monkeypatch, json.dumps(data)))


@pytest.mark.parametrize("name", [*OVERRIDES, *BINDINGS])
def test_a_variable_of_such_letters_is_named_in_text_to_everybody(name: str) -> None:
    variables = {name: LATIN}
    said = overridden(overrides(variables), None) + bindings(variables)
    assert f"{name}=caf\\xe9" in said


def test_a_store_in_such_a_folder_is_named_in_text_to_everybody() -> None:
    place = faults.place(URL.create("sqlite", database=f"/{LATIN}/records.db"))
    assert faults.skipped(place, 1).encode()


@pytest.mark.parametrize(
    "name", ["NUMBA_CACHE_DIR", "OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "OPENBLAS_CORETYPE"]
)
def test_what_the_doctor_says_of_such_a_path_is_text_to_everybody(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(reading, "numba_cache", lambda variables: (Path(variables.get(name, "cache")), ""))
    monkeypatch.setattr(reading, "blas_left_alone", lambda _: None)
    monkeypatch.setattr(os, "environ", {**os.environ, name: LATIN})
    said = " ".join(check.detail + check.remedy for check in doctor.checkup(detect(), sample_s=0.0))
    assert "caf\\xe9" in said and said.encode()
