"""Ctrl-Z at the moment at which a command looks at the queue."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest
from filelock import FileLock

from accel_core.runner import stopping
from accel_core.runner.folders import queue_folder
from accel_core.runner.stopping import stops_outside_the_queue

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no Ctrl-Z that stops a process")

LOOKS = """
import signal, threading, time
from accel_core.runner.stopping import stops_outside_the_queue
from accel_core.runner.tickets import open_queue

def look():
    with open_queue()._locked():
        print("locked", flush=True)
        time.sleep(0.5)

signal.signal(signal.SIGTSTP, signal.SIG_DFL)  # whatever this test was started under
with stops_outside_the_queue():
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    print("looked", flush=True)
"""


def test_a_command_that_is_stopped_keeps_nobody_from_the_queue_and_goes_on_when_it_is_woken() -> None:
    command = subprocess.Popen([sys.executable, "-c", LOOKS], stdout=subprocess.PIPE, text=True)
    assert command.stdout is not None and command.stdout.readline() == "locked\n"
    command.send_signal(signal.SIGTSTP)
    _, status = os.waitpid(command.pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status)
    with FileLock(queue_folder() / "lock", timeout=0, fallback_to_soft=False):
        pass
    command.send_signal(signal.SIGCONT)
    said, _ = command.communicate(timeout=60)
    assert (said, command.returncode) == ("looked\n", 0)


def test_who_handles_ctrl_z_already_keeps_doing_so() -> None:
    usual = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
    try:
        with stops_outside_the_queue():
            assert signal.getsignal(signal.SIGTSTP) is stopping._stop
        assert signal.getsignal(signal.SIGTSTP) is signal.SIG_DFL
        signal.signal(signal.SIGTSTP, signal.SIG_IGN)
        with stops_outside_the_queue():
            assert signal.getsignal(signal.SIGTSTP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTSTP, usual)
