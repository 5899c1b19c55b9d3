"""A child that takes too much is ended or refused, and is told of a limit in one sentence."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from textwrap import dedent, indent

import psutil
import pytest
import walls

from accel_core.wall import ChildEnded, ChildLate, Limits, guarding, start

if not walls.LINUX:
    pytest.skip("no wall stands on this system, as test_wall_standing tells", allow_module_level=True)

MIB = 1024**2


def filled(lines: str) -> str:
    """A child's lines that print what stopped `lines`."""
    tried = indent(dedent(lines).strip(), "    ")
    return (
        f"try:\n{tried}\nexcept (OSError, MemoryError, RuntimeError) as error:\n    print(type(error), error)"
    )


def printed(folder: Path, lines: str, limits: Limits) -> str:
    """What a walled child prints that runs `lines`."""
    walls.require_wall()
    with start(walls.script(folder, lines), limits=limits, walled=True) as child:
        child.ready(60)
        return child.output()


def test_processor_time_ends(tmp_path: Path) -> None:
    walls.require_wall()
    with start(walls.script(tmp_path, call="while True: pass"), limits=Limits(cpu_s=1), walled=True) as child:
        child.ready(60)
        with pytest.raises(ChildEnded, match="more than 1 s of processor time"):
            child.call(60)


@pytest.mark.parametrize("taken", ["bytearray(8 << 20)", "mmap.mmap(-1, 8 << 20, mmap.MAP_PRIVATE)"])
def test_memory_ends(tmp_path: Path, taken: str) -> None:
    lines = f"""
    import mmap
    kept = []
    while len(kept) < 100:
        kept.append({taken})
    """
    limits = Limits(memory_bytes=128 * MIB, threads=False)
    said = printed(tmp_path, filled(lines) + "\nprint(len(kept))", limits)
    assert ("MemoryError" in said or "Cannot allocate" in said) and int(said.split()[-1]) < 16


@pytest.mark.parametrize("folder", ["/tmp", "/dev/shm"])
def test_disk_ends(tmp_path: Path, folder: str) -> None:
    lines = f"""
    for at in range(64):
        with open(f'{folder}/{{at}}', 'wb') as file:
            file.write(bytes(1 << 20))
    """
    assert "No space left" in printed(tmp_path, filled(lines), Limits(disk_bytes=16 * MIB))


def test_a_child_without_a_disk_writes_nowhere(tmp_path: Path) -> None:
    lines = """
    for folder in ('/tmp', '/dev/shm', '/dev', '/job', '/', '/proc', '/sys/devices/system/cpu', sys.prefix):
        try:
            open(folder + '/x', 'w')
            print(folder)
        except OSError:
            pass
    """
    assert printed(tmp_path, lines, Limits(disk_bytes=0)) == ""


def test_descriptors_end(tmp_path: Path) -> None:
    lines = filled("kept = [os.dup(2) for _ in range(100)]")
    assert "Too many open files" in printed(tmp_path, lines, Limits(files=50))


def test_files_without_end_are_seen(tmp_path: Path) -> None:
    lines = """
    for at in range(10_500):
        os.close(os.open(f'/tmp/{at}', os.O_CREAT))
    time.sleep(60)
    """
    with pytest.raises(ChildEnded, match="made more than 10000 files"):
        printed(tmp_path, lines, Limits())


def test_files_of_many_short_calls_are_seen(tmp_path: Path) -> None:
    walls.require_wall()
    lines = (
        "for at in range(4000):\n    os.close(os.open(f'/tmp/{len(made)}-{at}', os.O_CREAT))\nmade.append(1)"
    )
    with start(walls.script(tmp_path, "made = []", lines), walled=True) as child:
        child.ready(60)
        child.call(60)
        child.call(60)
        with pytest.raises(ChildEnded, match="made more than 10000 files"):
            child.call(60)


def test_threads_without_end_are_seen_or_refused(tmp_path: Path) -> None:
    lines = """
    import threading
    for _ in range(60):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    time.sleep(60)
    """
    with pytest.raises(ChildEnded, match=r"more than 40 threads|can't start new thread"):
        printed(tmp_path, lines, Limits(most_threads=40))


def test_a_child_that_may_not_starts_no_thread(tmp_path: Path) -> None:
    lines = filled("import threading\nthreading.Thread(target=print).start()")
    assert "can't start new thread" in printed(tmp_path, lines, Limits(threads=False))


def test_a_child_that_empties_its_own_pipe_holds_nobody_up(tmp_path: Path) -> None:
    walls.require_wall()
    lines = """
    import threading
    def eat():
        pipe = os.open('/proc/self/fd/4', os.O_RDONLY)
        while True:
            os.read(pipe, 1)
    threading.Thread(target=eat, daemon=True).start()
    os.write(4, b'x' * 500)
    """
    late = suppress(ChildLate)  # where its word is gone before it was heard
    with start(walls.script(tmp_path, lines), walled=True) as child, late:
        child.ready(2)
        assert psutil.Process(child.pid).status() == psutil.STATUS_STOPPED


def test_a_child_whose_first_thread_has_ended_stops_too(tmp_path: Path) -> None:
    walls.require_wall()
    lines = """
    import ctypes, threading
    def on():
        time.sleep(0.05)
        os.write(4, b'd')
        while True:
            pass
    threading.Thread(target=on, daemon=True).start()
    ctypes.CDLL(None).syscall(60 if os.uname().machine == 'x86_64' else 93, 0)
    """
    with start(walls.script(tmp_path, lines), walled=True) as child:
        child.ready(60)
        used = psutil.Process(child.pid).cpu_times()
        time.sleep(0.1)
        assert psutil.Process(child.pid).cpu_times() == used


def test_an_end_by_a_signal_is_told_by_its_cause(tmp_path: Path) -> None:
    walls.require_wall()
    with start(walls.script(tmp_path, call="import ctypes\nctypes.string_at(8)"), walled=True) as child:
        child.ready(60)
        with pytest.raises(ChildEnded, match=r"used memory that it does not have.* \(SIGSEGV\)"):
            child.call(60)


def test_a_child_that_does_not_stop_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # a plain one, for the wall's filter refuses this call: its caller waits where no stop reaches it
    lines = """
    import ctypes, threading
    libc, stack = ctypes.CDLL(None), ctypes.create_string_buffer(1 << 16)
    top = ctypes.c_void_p((ctypes.addressof(stack) + len(stack)) & -64)
    threading.Thread(target=libc.clone, args=(libc.pause, top, 0x14F00, None), daemon=True).start()
    time.sleep(0.1)
    """
    monkeypatch.setattr(guarding, "STOP_S", 0.1)
    monkeypatch.setattr(guarding, "LOOK_S", 0.1)
    ready_s = 1.0
    with start(walls.script(tmp_path, lines), walled=False) as child:
        with pytest.raises(ChildEnded, match="could not be stopped"):
            child.ready(ready_s)
        assert not psutil.pid_exists(child.pid)
