"""Workers, submitters and servers killed at random moments: nothing stored may be lost, and all goes on.

    python tests/faults/kills.py [--kills 30] [--victims worker,submitter,server] [--cold] [--seed 0]

A job of a few cases is started by a command, or by a tab of the app's server, and its worker, the command or
the server is killed at a random moment of its life (SIGKILL; TerminateProcess on Windows). After each kill
every record that was stored before is there and the same, and the file is sound; the worker is gone; a new
ticket gets its turn; and a command whose worker was killed said so in one sentence. `--cold` gives each job an
empty compile cache. At the end a whole job runs, and what it measured is stored. The exit status is 1 where
anything went wrong.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("faults", "browser")]

from servers import serve  # noqa: E402
from session import Session  # noqa: E402
from waiting_sessions import hand_in  # noqa: E402

from accel_core.machine import detect  # noqa: E402
from accel_core.runner.tickets import TicketFolder, open_queue  # noqa: E402
from accel_core.store import Store  # noqa: E402

VICTIMS = ("worker", "submitter", "server")
CASES = ("sweep", "matmul/numpy,matmul/compiled_ikj", "--over", "size=16,24,32", "--budget", "0.1", "--json")
PATIENCE_S = 60.0


@dataclass
class Room:
    """A home of its own for all that is started here, and what was seen in it."""

    home: Path
    noise: random.Random
    cold: bool = False
    life_s: float = 0.0
    """Of the last job that ended by itself; kills come within it, or shortly after."""
    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Every measurement seen in the store so far."""
    hit: Counter[str] = field(default_factory=Counter)
    """What the victims were doing."""
    faults: list[str] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        own = dict.fromkeys(("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK"), str(self.home))
        kept = {name: value for name, value in os.environ.items() if name != "ACCEL_STORE_URL"}
        if self.cold:
            own["NUMBA_CACHE_DIR"] = tempfile.mkdtemp(prefix="cold-", dir=self.home)
        return {**kept, **own}

    def store(self) -> Store:
        return Store(f"sqlite:///{(self.home / 'records.db').as_posix()}")

    def moment_s(self) -> float:
        return self.noise.uniform(0.0, 1.1 * self.life_s)

    def fault(self, what: str) -> None:
        self.faults.append(what)
        print(f"FAULT: {what}", flush=True)


def command(room: Room, *words: str) -> subprocess.Popen[str]:
    """A running `accel` command."""
    return subprocess.Popen(
        [sys.executable, "-m", "accel_core", *words],
        env=room.environment(),
        cwd=TESTS.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def workers(room: Room) -> list[psutil.Process]:
    """The living workers that were started in `room`."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error):
            if (
                "accel_core.runner.worker" in process.cmdline()
                and process.environ().get("ACCEL_HOME") == str(room.home)
                and process.status() != psutil.STATUS_ZOMBIE
            ):
                found.append(process)
    return found


def happens(happened: Callable[[], Any]) -> bool:
    until_s = time.monotonic() + PATIENCE_S
    while not happened():
        if time.monotonic() > until_s:
            return False
        time.sleep(0.02)
    return True


# -- the three victims ---------------------------------------------------------------------------------------


def kill_a_worker(room: Room) -> None:
    """The command says what happened, in one sentence, and ends."""
    began = time.monotonic()
    running = command(room, *CASES)
    happens(lambda: workers(room) or running.poll() is not None)
    time.sleep(max(0.0, room.moment_s() - (time.monotonic() - began)))
    victims = workers(room)
    for victim in victims:
        with suppress(psutil.Error):
            victim.kill()
    room.hit["worker at work" if victims else "worker gone already"] += 1
    output, said = running.communicate(timeout=PATIENCE_S)
    _check_answer(room, running.returncode, output, said)
    if not victims and running.returncode == 0:
        room.life_s = time.monotonic() - began


def kill_a_submitter(room: Room) -> None:
    """The command that waits for its job is gone without a word."""
    began = time.monotonic()
    running = command(room, *CASES)
    with suppress(subprocess.TimeoutExpired):
        running.wait(room.moment_s())
    room.hit["submitter over already" if running.poll() is not None else _doing(room)] += 1
    running.kill()
    output, said = running.communicate()
    if running.returncode == 0:
        room.life_s = time.monotonic() - began
        _check_answer(room, 0, output, said)


def kill_a_server(room: Room) -> None:
    """The app's server is gone while a tab's job runs in it."""
    home = str(room.home)
    before = {child.pid for child in psutil.Process().children()}
    with serve(TESTS.parent / "app" / "main.py", room.home, ACCEL_HOST_LOCK=home, **_cold(room)) as url:
        (server,) = (child for child in psutil.Process().children() if child.pid not in before)
        tab = Session(url)
        answer = hand_in(tab)
        if answer.errors:
            room.fault(f"the page of a server refused its job: {answer.errors}")
        time.sleep(room.moment_s())
        room.hit[_doing(room).replace("submitter", "server")] += 1
        server.kill()
        server.wait(PATIENCE_S)
        with suppress(Exception):  # of a connection whose other end is gone
            tab.close()


def _cold(room: Room) -> dict[str, str]:
    return {"NUMBA_CACHE_DIR": room.environment()["NUMBA_CACHE_DIR"]} if room.cold else {}


def _doing(room: Room) -> str:
    return "submitter whose worker works" if workers(room) else "submitter without a worker"


def _check_answer(room: Room, status: int, output: str, said: str) -> None:
    """What a command that was left alone printed: an answer whose records are stored, or one sentence."""
    if "Traceback" in output + said:
        room.fault(f"a traceback: {said[-500:]}")
    if status == 0:
        ids = {one["id"] for one in json.loads(output)["measurements"]}
        if missing := ids - set(stored(room)):
            room.fault(f"{len(missing)} of {len(ids)} results were printed and not stored")
    elif status != 1 or not said.strip().splitlines()[-1].startswith("accel: "):
        room.fault(f"exit status {status} and {said[-500:]!r}")


KILLERS: dict[str, Callable[[Room], None]] = dict(
    zip(VICTIMS, (kill_a_worker, kill_a_submitter, kill_a_server), strict=True)
)


# -- what must hold after each kill --------------------------------------------------------------------------


def stored(room: Room) -> dict[str, dict[str, Any]]:
    """Every measurement in the store, by its id."""
    found = room.store().measurements(detect().fingerprint)
    return {one.id: one.to_dict() for one in found}


def check(room: Room) -> None:
    """Add to the faults of `room` whatever does not hold."""
    if not happens(lambda: not workers(room)):
        room.fault("a worker lives on")
        for orphan in workers(room):
            orphan.kill()
    with own_queue(room) as queue:
        ticket = queue.enter("kills.py")
        try:
            if not happens(lambda: queue.take_turn(ticket)):
                room.fault("the queue does not go on")
        finally:
            queue.leave(ticket)
        if left := len(list(queue.folder.glob("*.json"))):
            room.fault(f"{left} tickets of the dead are left")
    now = stored(room)
    if lost := [id for id, record in room.known.items() if now.get(id) != record]:
        room.fault(f"{len(lost)} of {len(room.known)} records are lost or changed")
    room.known.update(now)
    if (said := _integrity(room.home / "records.db")) != "ok":
        room.fault(f"the store's file is damaged: {said}")


@contextmanager
def own_queue(room: Room) -> Iterator[TicketFolder]:
    """The queue of `room`."""
    before = os.environ.get("ACCEL_QUEUE")
    os.environ["ACCEL_QUEUE"] = str(room.home)
    try:
        yield open_queue()
    finally:
        del os.environ["ACCEL_QUEUE"]
        if before is not None:
            os.environ["ACCEL_QUEUE"] = before


def _integrity(path: Path) -> str:
    if not path.exists():
        return "ok"
    connection = sqlite3.connect(path, timeout=PATIENCE_S)
    try:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()


def run_to_its_end(room: Room) -> None:
    """A job that nobody disturbs: it is measured and stored."""
    began = time.monotonic()
    running = command(room, *CASES)
    output, said = running.communicate(timeout=PATIENCE_S)
    room.life_s = time.monotonic() - began
    _check_answer(room, running.returncode, output, said)
    if running.returncode != 0:
        room.fault(f"a job that nobody disturbed failed: {said[-500:]}")
    room.known.update(stored(room))


def killed(kills: int, victims: tuple[str, ...], home: Path, *, seed: int = 0, cold: bool = False) -> Room:
    """What `kills` kills in `home` led to, the victims by turns."""
    room = Room(home, random.Random(seed), cold)
    run_to_its_end(room)
    for number in range(kills):
        KILLERS[victims[number % len(victims)]](room)
        check(room)
        print(f"{number + 1} of {kills}: {len(room.known)} records", file=sys.stderr, flush=True)
    run_to_its_end(room)
    check(room)
    return room


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--victims", default=",".join(VICTIMS))
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        room = killed(
            given.kills, tuple(given.victims.split(",")), Path(home), seed=given.seed, cold=given.cold
        )
    print(f"{given.kills} kills, {len(room.known)} records stored, {len(room.faults)} faults")
    for what, times in sorted(room.hit.items()):
        print(f"{times:5d}  {what}")
    return 1 if room.faults else 0


if __name__ == "__main__":
    sys.exit(main())
