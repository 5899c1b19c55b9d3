"""Record the board that the page Arena shows until something is handed in: honest entries, really judged.

    python assets/record_arena.py [--sizes 0] [--out assets/sample_arena.json]

Hands in the starter code and the texts of tests/benchmarks/honest/, each under a name that says what it is,
to a store of its own, and judges them as a server does: behind the wall, at all printed and drawn sizes, twice.
Run it on a quiet machine; it takes some minutes an entry. `--sizes` takes so many of the printed sizes and none
that are drawn, to test the script; 0 takes the event as it is. Nothing is written where an entry does not get
onto the board.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import platform
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from accel_core.arena.event import Event
    from accel_core.model import Verdict
    from accel_core.studies.arena import ToJudge

EVENT, PASSPHRASE = "matmul-one", "of nobody but this script"
HONEST = Path(__file__).resolve().parents[1] / "tests" / "benchmarks" / "honest"
ENTRIES = {
    "starter-code": "",
    "three-loops": "matmul_naive.txt",
    "loop-order": "matmul_middle.txt",
    "tiles": "matmul_tiles.txt",
    "four-rows-at-once": "matmul_vector.txt",
}
"""Nickname -> file of its code; without a file the starter code."""
TARGET = Path(__file__).with_name("sample_arena.json")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sizes", type=int, default=0)
    parser.add_argument("--out", type=Path, default=TARGET)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["ACCEL_HOME"] = home  # before the store is opened: the reader's own records stay out of it
        os.environ.pop("ACCEL_STORE_URL", None)
        from accel_core.studies import arena as desk

        event = desk.event(EVENT)
        if given.sizes:
            event = replace(event, shapes=event.shapes[: given.sizes], drawn=())
        judge(event)
        sys.exit(write(event, given.out))


def judge(event: Event) -> None:
    """Hand all in, and judge until nothing waits."""
    from accel_core.arena.starter import starter
    from accel_core.studies import arena as desk

    for name, file in ENTRIES.items():
        code = (HONEST / file).read_text(encoding="utf-8") if file else starter(event)
        desk.hand_in(event, name, PASSPHRASE, code, open=True)
    desk.judge_waiting(known=[event], tell=print, heard=heard)


def heard(todo: ToJudge, verdict: Verdict) -> None:
    """Say on the terminal what came."""
    score = "" if verdict.score is None else f" {verdict.score:.2f}"
    again = ", once more" if todo.confirms else ""
    print(f"{todo.entry.person}{again}: {verdict.verdict}{score}. {verdict.reason}", flush=True)


def write(event: Event, target: Path) -> int:
    """Write what counts on the board; 1, and nothing is written, where somebody does not stand on it."""
    from accel_core.machine import detect
    from accel_core.store import Entries, Store
    from accel_core.studies import arena as desk

    machine, records = detect(), Entries(Store())
    standing = desk.board(event, machine.fingerprint)
    if missing := ENTRIES.keys() - {row.person for row in standing}:
        print(f"Nothing is written: {', '.join(sorted(missing))} did not get onto the board.")
        return 1
    entries = [entry for row in standing if (entry := records.entry(row.entry)) is not None]
    first = [judged.confirms for judged in records.judged() if judged.id in {row.verdict for row in standing}]
    counting = [records.verdict(id) for id in (*first, *(row.verdict for row in standing))]
    record = {
        "machine": machine.to_dict(),
        "entries": [entry.to_dict() for entry in entries],
        "verdicts": [_without_samples(verdict).to_dict() for verdict in counting if verdict is not None],
    }
    text = json.dumps(record, separators=(",", ":")) + "\n"
    for name in (platform.node(), getpass.getuser()):
        assert f'"{name}"' not in text, f"The record names {name}."
    target.write_text(text, encoding="utf-8")
    for row in standing:
        print(f"{row.rank}{'=' if row.shared else ' '} {row.person}: {row.score} ({row.low} to {row.high})")
    print(f"{target}: {target.stat().st_size / 1024:.0f} KiB, {machine.cpu}")
    return 0


def _without_samples(verdict: Verdict) -> Verdict:
    return replace(verdict, sizes=tuple(replace(size, series=None) for size in verdict.sizes))


if __name__ == "__main__":
    main()
