"""A process of its own that hands in, or judges with a judge that knows no clock, until it is killed.

python arena_worker.py URL hand-in NICKNAME COUNT
python arena_worker.py URL judge
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

from arena_records import CODE, EVENT, FakeJudge, soon  # noqa: E402

from accel_core import wall  # noqa: E402
from accel_core.store import Store  # noqa: E402
from accel_core.studies import arena  # noqa: E402


def main(url: str, act: str, *words: str) -> None:
    wall.standing = lambda: SimpleNamespace(stands=True, reason="")  # type: ignore[assignment,return-value]
    store = Store(url)
    if act == "hand-in":
        nickname, count = words
        often = replace(EVENT, tries_per_hour=99)
        for _ in range(int(count)):
            arena.hand_in(often, nickname, "correct horse", CODE, store=store)
        return

    def say(job: dict[str, str], number: int) -> object:
        time.sleep(0.005)
        return soon(number, 40.0 + number % 7)

    arena.judge_waiting(store=store, submit=FakeJudge(say), known=[EVENT])  # type: ignore[arg-type]


main(*sys.argv[1:])
