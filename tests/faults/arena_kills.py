"""Judges, their children, servers and submitters of the arena killed at random moments: no entry may be lost.

    python tests/faults/arena_kills.py [--kills 100] [--victims child,judge,desk,submitter,server] [--seed 0]

Entries wait. `accel arena judge`, or the app's server, judges them, and at a random moment somebody is killed
(SIGKILL): a process behind the wall, the judge (the queue's worker), the desk (the command), the server, or a
command that hands in. After each kill every entry and every verdict that was stored before is there and the
same, the file is sound, all processes that the victim had started are gone, and the queue goes on; an entry
whose handing in was confirmed is stored. At the end all that waits is judged, and each entry has a verdict. The
exit status is 1 where anything went wrong. It needs a wall that stands.
"""

from __future__ import annotations

import argparse
import json
import random
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import psutil

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / name) for name in ("faults", "browser")]

import kills  # noqa: E402
from servers import serve  # noqa: E402

from accel_core.model import ArenaEntry  # noqa: E402
from accel_core.store import Entries  # noqa: E402
from accel_core.wall import standing  # noqa: E402

VICTIMS = ("child", "judge", "desk", "submitter", "server")
PEOPLE = tuple(f"person-{number}" for number in range(1, 13))
"""As many as it takes for nobody to hand in more often in an hour than a person may."""
RIGHT = """
def matmul(a, b, out):
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for p in range(a.shape[1]):
                total += a[i, p] * b[p, j]
            out[i, j] = total
"""
WRONG = RIGHT.replace("total = 0.0", "total = 1.0")
EVENT = """
name = "short"
title = "Short"
workload = "matmul"
dtype = "float32"
division = "one"
shapes = [[99, 99, 99], [64, 65, 66], [80, 81, 82], [70, 30, 70], [30, 90, 40], [120, 20, 90], [50, 60, 70]]
drawn = [{ shape = [60, 60, 60] }, { shape = [70, 60, 50] }, { shape = [50, 60, 40] }]
"""
FEW = 4
"""Entries that wait at the least, so that there is something to kill."""


@dataclass
class Arena(kills.Room):
    """A home with an event of its own, and every entry and verdict that was seen in it."""

    entries: dict[str, object] = field(default_factory=dict)
    verdicts: dict[str, object] = field(default_factory=dict)
    promised: set[str] = field(default_factory=set)
    """Entries whose handing in was confirmed."""
    handed: int = 0

    def environment(self) -> dict[str, str]:
        own = {"ACCEL_ARENA_EVENTS": str(self.home / "events"), "ACCEL_ARENA_PASSPHRASE": "correct horse"}
        return {**super().environment(), **own}

    def records(self) -> Entries:
        return Entries(self.store())


def hand_in(room: Arena) -> subprocess.Popen[str]:
    """A command that hands in the next entry."""
    room.handed += 1
    file = room.home / f"{room.handed}.py"
    file.write_text(f"# {room.handed}\n{WRONG if room.handed % 3 == 0 else RIGHT}", encoding="utf-8")
    nickname = PEOPLE[room.handed % len(PEOPLE)]
    return kills.command(
        room, "arena", "submit", str(file), "--event", "short", "--nickname", nickname, "--json"
    )


def put(room: Arena) -> None:
    """Store the next entry at once."""
    room.handed += 1
    code = f"# {room.handed}\n{WRONG if room.handed % 3 == 0 else RIGHT}"
    id, created = uuid.uuid4().hex, datetime.now(UTC).isoformat(timespec="microseconds")
    room.records().add(ArenaEntry(id, "short", PEOPLE[room.handed % len(PEOPLE)], code, created))
    room.promised.add(id)


def handed_in(room: Arena, running: subprocess.Popen[str]) -> None:
    """Wait for a command that hands in; what it printed is promised."""
    output, said = running.communicate(timeout=kills.PATIENCE_S)
    if running.returncode == 0:
        room.promised.add(json.loads(output)["entry"]["id"])
    elif running.returncode > 0:
        room.fault(f"handing in ended with status {running.returncode}: {said[-500:]}")


def waiting(room: Arena) -> int:
    """How many entries have no verdict at all."""
    records = room.records()
    judged = {one.entry for one in records.judged()}
    return len([entry for entry in records.entries() if entry.id not in judged])


def started_by(process: psutil.Process) -> list[psutil.Process]:
    with suppress(psutil.Error):
        return process.children(recursive=True)
    return []


def kill(room: Arena, victim: psutil.Process, name: str) -> None:
    """Kill it, and see that all that it had started is gone."""
    left = started_by(victim)
    with suppress(psutil.Error):
        victim.kill()
    room.hit[f"{name} with {len(left)} processes below it" if left else f"{name} alone"] += 1
    _, alive = psutil.wait_procs(left, timeout=kills.PATIENCE_S)
    for process in alive:
        room.fault(f"a process of the {name} lives on: {process}")
        process.kill()


def kill_in_a_desk(room: Arena, name: str) -> None:
    """Kill the command that judges, its worker, or a process behind the wall, at a random moment."""
    running = kills.command(room, "arena", "judge")
    kills.happens(lambda: kills.workers(room) or running.poll() is not None)
    time.sleep(room.moment_s())
    workers = kills.workers(room)
    behind = [process for worker in workers for process in started_by(worker)]
    found = behind if name == "child" else workers
    if name == "desk" and running.poll() is None:
        found = [psutil.Process(running.pid)]
    if running.poll() is None and found:
        kill(room, room.noise.choice(found), name)
    else:
        room.hit[f"{name} not there"] += 1
    if name == "desk":
        running.kill()
    with suppress(subprocess.TimeoutExpired):
        _, said = running.communicate(timeout=5 * kills.PATIENCE_S)
        if name != "desk" and running.returncode not in (0, 1):
            room.fault(f"the desk ended with status {running.returncode}: {said[-500:]}")
        return
    room.fault("the desk never ended")
    running.kill()


def kill_a_submitter(room: Arena) -> None:
    running = hand_in(room)
    time.sleep(room.noise.uniform(0.0, 2.0))
    room.hit["submitter"] += 1
    running.kill()
    handed_in(room, running)


def kill_a_server(room: Arena) -> None:
    """The app's server goes on with what waits by itself."""
    before = {child.pid for child in psutil.Process().children()}
    own = {name: room.environment()[name] for name in ("ACCEL_ARENA_EVENTS", "ACCEL_HOST_LOCK")}
    with serve(TESTS.parent / "app" / "main.py", room.home, **own):
        (server,) = (child for child in psutil.Process().children() if child.pid not in before)
        kills.happens(lambda: kills.workers(room))
        time.sleep(room.moment_s())
        kill(room, server, "server")
        server.wait(kills.PATIENCE_S)


def check(room: Arena) -> None:
    """Add to the faults of `room` whatever does not hold."""
    records = room.records()
    entries = {entry.id: records.entry(entry.id) for entry in records.entries()}
    verdicts: dict[str, object] = {one.id: one for one in records.judged()}
    for what, known, now in (("entries", room.entries, entries), ("verdicts", room.verdicts, verdicts)):
        if lost := [id for id, record in known.items() if now.get(id) != record]:
            room.fault(f"{len(lost)} of {len(known)} {what} are lost or changed")
    if missing := room.promised - set(entries):
        room.fault(f"{len(missing)} entries were confirmed and not stored")
    if records.store.skipped:
        room.fault(records.store.skipped)
    room.entries.update(entries)
    room.verdicts.update(verdicts)
    kills.check(room)


def killed(count: int, victims: tuple[str, ...], home: Path, seed: int = 0) -> Arena:
    """What `count` kills in `home` led to, the victims by turns."""
    room = Arena(home, random.Random(seed))
    (home / "events").mkdir()
    (home / "events" / "short.toml").write_text(EVENT, encoding="utf-8")
    room.life_s = 5.0
    for number in range(count):
        for _ in range(max(0, FEW - waiting(room))):
            put(room)
        name = victims[number % len(victims)]
        if name == "submitter":
            kill_a_submitter(room)
        elif name == "server":
            kill_a_server(room)
        else:
            kill_in_a_desk(room, name)
        check(room)
        seen = f"{len(room.entries)} entries, {len(room.verdicts)} verdicts"
        print(f"{number + 1} of {count}, {name}: {seen}", file=sys.stderr, flush=True)
    running = kills.command(room, "arena", "judge", "--again")
    _, said = running.communicate(timeout=3600)
    if running.returncode != 0:
        room.fault(f"what was left could not be judged: {said[-500:]}")
    check(room)
    judged = {one.entry for one in room.records().judged()}
    if left := set(room.entries) - judged:
        room.fault(f"{len(left)} entries have no verdict")
    return room


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--victims", default=",".join(VICTIMS))
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    if not (wall := standing()).stands:
        print(f"Nothing is judged here: {wall.reason}")
        return 1
    with tempfile.TemporaryDirectory() as home:
        room = killed(given.kills, tuple(given.victims.split(",")), Path(home), given.seed)
    stored = f"{len(room.entries)} entries and {len(room.verdicts)} verdicts stored"
    print(f"{given.kills} kills, {stored}, {len(room.faults)} faults")
    for what, times in sorted(room.hit.items()):
        print(f"{times:5d}  {what}")
    return 1 if room.faults else 0


if __name__ == "__main__":
    sys.exit(main())
