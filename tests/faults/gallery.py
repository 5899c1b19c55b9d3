"""All rogues and files changed at random, handed in to one desk and judged: what became of each.

    python tests/faults/gallery.py [--rogues NAME,NAME] [--mutants 200] [--seed 0] [--sizes small] [--full]

All are handed in by people of a home of its own and wait in its queue; the desk judges them as it does
elsewhere, in jobs. The sizes are small, where a cheat is a cheat as well; `--sizes printed` takes the events as
they are, which is an hour's work. Canaries are there meanwhile: a file beside the records and one in the
system's folder of temporary files, a variable of the environment and a port. `--full` prints each sentence
whole. The exit status is 1 where an entry was lost, a rogue got another verdict than its header says (unsettled
is let pass: the machine was busy), a reason was no sentence, a canary was seen or something runs on.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS.parent), str(TESTS / "core")]

import psutil  # noqa: E402
from mutants import mutants  # noqa: E402
from rogue_room import EVENTS  # noqa: E402

from accel_core.arena import files  # noqa: E402
from accel_core.arena.event import Event  # noqa: E402
from accel_core.arena.rogues import Rogue, rogues  # noqa: E402
from accel_core.errors import BadInput  # noqa: E402
from accel_core.model import Verdict  # noqa: E402
from accel_core.model.arena import REFUSED, UNSETTLED  # noqa: E402
from accel_core.store import Entries, Store  # noqa: E402
from accel_core.studies import arena as desk  # noqa: E402
from accel_core.wall import standing  # noqa: E402

PEOPLE = 8
PASSPHRASE = "nobody else knows this"
SHORT, SENTENCE = 110, 500


@dataclass
class Handed:
    """What was handed in, and what came of it."""

    name: str
    rogue: Rogue | None
    entry: str = ""
    turned_away: str = ""
    """The sentence of the desk that did not take it."""
    verdicts: list[Verdict] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        return self.verdicts[0].verdict if self.verdicts else "turned away" if self.turned_away else "LOST"

    @property
    def reason(self) -> str:
        return self.verdicts[0].reason if self.verdicts else self.turned_away


@dataclass
class Canaries:
    """What no child may see."""

    word: str
    port: socket.socket

    def knocked(self) -> bool:
        """Whether anybody came to the port."""
        self.port.settimeout(0.1)
        try:
            self.port.accept()[0].close()
        except TimeoutError:
            return False
        return True


@contextmanager
def home() -> Iterator[tuple[Store, Canaries]]:
    """An empty home with its store, and a canary of each kind."""
    word = f"canary-{secrets.token_hex(8)}"
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.NamedTemporaryFile("w", prefix=word) as file,
        socket.create_server(("127.0.0.1", 0)) as port,
    ):
        file.write(word)
        file.flush()
        (Path(folder) / word).write_text(word)
        os.environ |= dict.fromkeys(("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK", "HOME"), folder)
        os.environ |= {"ACCEL_STORE_URL": f"sqlite:///{Path(folder) / 'records.db'}", "ACCEL_CANARY": word}
        yield Store(), Canaries(word, port)


def known(small: bool) -> dict[str, Event]:
    """The events by name, that let anybody try as often as this does."""
    found = EVENTS if small else {one.name: one for one in files.events()}
    return {name: replace(one, tries_per_hour=10_000) for name, one in found.items()}


def hand_in(handed: Sequence[tuple[Handed, str, bytes]], events: dict[str, Event], store: Store) -> None:
    """All of them to the desk, by a few people in turns."""
    for at, (one, event, code) in enumerate(handed):
        try:
            entry = desk.hand_in(events[event], f"person{at % PEOPLE}", PASSPHRASE, code, store=store)
        except BadInput as error:
            one.turned_away = str(error)
        else:
            one.entry = entry.id


def look(one: Handed, canaries: Canaries) -> None:
    """Note what is wrong with what became of it."""
    if one.verdict == "LOST":
        one.faults.append("it has no verdict")
    if not one.reason.isprintable() or len(one.reason) > SENTENCE or "Traceback" in one.reason:
        one.faults.append("its reason is no sentence")
    if one.verdict == REFUSED and not one.reason:
        one.faults.append("it was refused without a reason")
    if any(canaries.word in json.dumps(verdict.to_dict()) for verdict in one.verdicts):
        one.faults.append("it saw a canary")
    if one.rogue is None or one.verdict == UNSETTLED:
        return
    if one.verdict != one.rogue.verdict or one.rogue.says not in one.reason:
        one.faults.append(f"it was to be {one.rogue.verdict}: {one.rogue.says}")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rogues", help="names, comma between them; left out: all; an empty text: none")
    parser.add_argument("--mutants", type=int, default=200)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--sizes", choices=("small", "printed"), default="small")
    parser.add_argument("--full", action="store_true")
    given = parser.parse_args()
    if not standing().stands:
        sys.exit(standing().reason)
    everyone = rogues()
    chosen = [one for one in everyone if given.rogues is None or one.name in given.rogues.split(",")]
    handed = [(Handed(one.name, one), one.event, one.code.encode()) for one in chosen]
    texts = {one.code: one.event for one in everyone}
    made = mutants(random.Random(given.seed), list(texts), given.mutants)
    handed += [
        (Handed(f"mutant {at} ({what})", None), texts[text], data) for at, (what, text, data) in enumerate(made)
    ]
    events, began_s = known(given.sizes == "small"), time.monotonic()
    with home() as (store, canaries):
        hand_in(handed, events, store)
        by_entry = {one.entry: one for one, _, _ in handed if one.entry}

        def heard(todo: desk.ToJudge, verdict: Verdict) -> None:
            one = by_entry[verdict.entry]
            one.verdicts.insert(0, verdict)
            print(
                f"{one.name:28} {one.verdict:10} {one.reason[: SENTENCE if given.full else SHORT]}", flush=True
            )

        desk.judge_waiting(store=store, known=list(events.values()), tell=print, heard=heard)
        stored = {one.entry for one in Entries(store).judged()}
        for one in by_entry.values():
            if one.entry not in stored:
                one.faults.append("its verdict is not stored")
        for one, _, _ in handed:
            look(one, canaries)
        knocked = canaries.knocked()
    left = [
        child.pid
        for child in psutil.Process().children(recursive=True)
        if "boot.py" in " ".join(child.cmdline())
    ]
    report(given, [one for one, _, _ in handed], time.monotonic() - began_s, knocked, left)


def report(
    given: argparse.Namespace, handed: Sequence[Handed], took_s: float, knocked: bool, left: list[int]
) -> None:
    """Print what became of all; leave with 1 where something is wrong."""
    print()
    for what, some in (
        ("rogues", [one for one in handed if one.rogue]),
        ("changed at random", [one for one in handed if not one.rogue]),
    ):
        counted = Counter(one.verdict for one in some)
        print(f"{len(some)} {what}: " + ", ".join(f"{number} {name}" for name, number in counted.most_common()))
    faults = [f"{one.name}: {fault} ({one.reason[:SHORT]})" for one in handed for fault in one.faults]
    faults += ["somebody came to the canary's port"] * knocked
    faults += [f"process {pid} runs on" for pid in left]
    print(f"sizes: {given.sizes}; seed {given.seed}; {took_s:.0f} s; faults: {len(faults)}")
    for fault in faults:
        print(f"  {fault}")
    sys.exit(bool(faults))


if __name__ == "__main__":
    main()
