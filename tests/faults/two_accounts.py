"""Submitters and workers of two accounts that are killed or stopped at random moments: who measures after that?

    python tests/faults/two_accounts.py [--blows 60] [--seed 1]

Each account is a queue of its own on one host. A submitter hands in a job that sleeps and notes when it began
and ended; some moment later it is killed, stopped by Ctrl-Z, or its worker is killed. Stopped ones stay so
until the end. No two jobs may run at once, and after each blow a job of either account has to come to its end.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import psutil

TESTS = Path(__file__).resolve().parents[1]
WORKER = TESTS / "core" / "runner_worker.py"
SUBMIT = """
import sys
from accel_core.runner import submitting
from accel_core.runner.spec import Spec
from accel_core.runner.stopping import stops_outside_the_queue
from accel_core.store import Store
notes, script, seconds = sys.argv[1:]
job = submitting.start(Spec("work", {"kind": "work", "file": notes, "seconds": float(seconds)}, 60.0),
                       "owner", store=Store("sqlite://"), command=(sys.executable, script))
with stops_outside_the_queue():
    while not job.wait(0.2):
        pass
sys.exit(job.state != "done")
"""
BLOWS = ("kill the submitter", "kill the worker", "stop the submitter")
LONG_S, SHORT_S = 0.5, 0.01
LATEST_S = 4.0
PATIENCE_S = 120.0


def submit(home: Path, account: str, seconds: float) -> subprocess.Popen[bytes]:
    """A process of `account` that hands in a job of twice so many seconds."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(TESTS.parent),
        "ACCEL_QUEUE": str(home / account),
        "ACCEL_HOST_LOCK": str(home),
        "ACCEL_HOME": str(home / account),
    }
    arguments = [sys.executable, "-c", SUBMIT, str(home / "notes"), str(WORKER), str(seconds)]
    return subprocess.Popen(arguments, env=environment)


def strike(process: subprocess.Popen[bytes], blow: str) -> bool:
    """Deal it; False where there was nothing to hit any more."""
    if process.poll() is not None:
        return False
    if blow == "kill the worker":
        with suppress(psutil.Error):
            for worker in psutil.Process(process.pid).children():
                worker.kill()
                return True
        return False
    process.send_signal(signal.SIGKILL if blow == "kill the submitter" else signal.SIGTSTP)
    return True


def overlaps(notes: Path) -> int:
    """How many jobs began before the one that was noted before them had ended."""
    times = sorted(tuple(map(float, line.split())) for line in notes.read_text().splitlines())
    return sum(end > begin for (_, end), (begin, _) in itertools.pairwise(times))


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--blows", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    pick, dealt, stopped, longest_s = random.Random(given.seed), Counter[str](), [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for number in range(given.blows):
            victim, blow = submit(home, pick.choice("ab"), LONG_S), pick.choice(BLOWS)
            time.sleep(pick.uniform(0, LATEST_S))
            hit = strike(victim, blow)
            dealt[blow if hit else "too late"] += 1
            if hit and blow == "stop the submitter":
                stopped.append(victim)
            began = time.monotonic()
            for account in "ab":
                if submit(home, account, SHORT_S).wait(PATIENCE_S):
                    sys.exit(f"after blow {number} ({blow}) the next job of account {account} failed")
            took_s = time.monotonic() - began
            longest_s = max(longest_s, took_s)
            if blow != "stop the submitter" or not hit:
                victim.wait(PATIENCE_S)
        for process in stopped:
            process.kill()
            process.wait()
        print(f"{dict(dealt)}; jobs that ran at once: {overlaps(home / 'notes')}")
        print(f"longest until a job of either account had ended after a blow: {longest_s:.1f} s")


if __name__ == "__main__":
    main()
