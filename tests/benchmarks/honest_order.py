"""Do honest entries keep their order? Twenty of three strengths, judged three times, up to ties.

    python tests/benchmarks/honest_order.py [--event matmul-one] [--entries 20] [--times 3] [--sizes 0]
                                            [--apart] [--keep FILE] [--seconds 600]

The texts are those of tests/benchmarks/honest/: naive, middle (ikj, or one power instead of a tanh) and vector.
Entries of one strength are the same code under another name, so only ties should stand between them. In each
round all are judged once, in another order. What the judge calls unsettled is judged again, as the desk does.

An entry stands on a board by two judgings: the second one's score counts, and the interval reaches over both
and as far as such pairs differ (arena/repeatability.py). Each round is confirmed by the next one, the last by
the first, which gives as many boards as rounds; with --apart the rounds are taken two by two, so that no
judging is used twice (--times 6 gives three boards). A pair is out of order where one stood before the other on
one board and behind it on another; entries that share a rank stand nowhere before each other. What ranks of
single judgings would do is printed beside it.

`--sizes` takes so many of the printed sizes, no drawn ones and no baselines: minutes instead of hours; 0 takes
the event as it is. With `--keep` what was judged is kept in a file, and the next call goes on where this one
stopped after `--seconds`. The exit status is 1 where a pair is out of order.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

from accel_core.arena.event import Event
from accel_core.arena.files import event
from accel_core.arena.ranking import Standing, ranked
from accel_core.arena.repeatability import spread, widened
from accel_core.judge.asked import Asked
from accel_core.judge.judging import judge
from accel_core.machine import detect, measuring_cpus, pin_current_process
from accel_core.model import Ceiling
from accel_core.model.arena import ACCEPTED, UNSETTLED
from accel_core.runner import run
from accel_core.store import Store
from accel_core.studies.arena.roofs import measured_roofs, missing_roofs

FOLDER = Path(__file__).parent / "honest"
STRENGTHS = ("naive", "middle", "vector")
MOST_TRIES = 3
"""Of an entry in a round, where the machine was disturbed."""
Judged = dict[str, Any]
"""What is kept of an entry in a round: verdict, score, low, high, tries."""


def strength(number: int) -> str:
    """That of an entry: each in turn."""
    return STRENGTHS[number % len(STRENGTHS)]


def judge_once(number: int, of: Event, roofs: tuple[Ceiling, ...]) -> Judged:
    """What an entry got; what was unsettled counts where all tries were."""
    text = (FOLDER / f"{of.workload}_{strength(number)}.txt").read_text(encoding="utf-8")
    asked = Asked(of, f"# entry {number + 1}\n{text}", 1, ceilings=roofs)
    tries, found = 1, judge(asked, detect(), lambda told: None)
    while found.verdict == UNSETTLED and tries < MOST_TRIES:
        tries, found = tries + 1, judge(asked, detect(), lambda told: None)
    said = "" if found.score is not None else found.reason
    kept = {"verdict": found.verdict, "score": found.score, "low": found.score_low, "high": found.score_high}
    return {**kept, "tries": tries, "reason": said}


def still_to_judge(given: argparse.Namespace, kept: Mapping[str, Judged]) -> Iterator[tuple[int, int]]:
    """(round, entry), round by round, each in another order."""
    pick = random.Random(given.seed)
    for turn in range(given.times):
        for number in pick.sample(range(given.entries), given.entries):
            if f"{turn} {number}" not in kept:
                yield turn, number


def ranks(found: Mapping[int, Sequence[Judged]]) -> dict[int, int]:
    """The ranks by the last judging of each entry; what was not right in all of them has none."""
    right = {
        number: judged
        for number, judged in found.items()
        if all(one["verdict"] == ACCEPTED and one["score"] is not None for one in judged)
    }
    differ = spread((judged[0]["score"], judged[1]["score"]) for judged in right.values() if len(judged) == 2)
    scored = [
        Standing(str(n), str(n), score := judged[-1]["score"], *widened(score, *interval(judged), differ))
        for n, judged in right.items()
    ]
    return {int(place.standing.person): place.rank for place in ranked(scored)}


def interval(judged: Sequence[Judged]) -> tuple[float | None, float | None]:
    """The lowest and the highest end of judgings of one entry, as `EntryStanding.interval`."""
    low, high = ([one[end] for one in judged if one[end] is not None] for end in ("low", "high"))
    return min(low, default=None), max(high, default=None)


def ranked_together(
    given: argparse.Namespace, kept: Mapping[str, Judged], together: Sequence[Sequence[int]]
) -> list[dict[int, int]]:
    """The ranks of each board, which is made of the rounds that stand together."""
    boards = []
    for turns in together:
        keys = {n: [f"{turn} {n}" for turn in turns] for n in range(given.entries)}
        boards.append(ranks({n: [kept[key] for key in of] for n, of in keys.items() if kept.keys() >= {*of}}))
    return boards


def rounds_of_boards(times: int, apart: bool) -> list[tuple[int, int]]:
    """The rounds of each board: the first judging and the one that confirms it."""
    if apart:
        return [(turn, turn + 1) for turn in range(0, times - 1, 2)]
    return [(turn, (turn + 1) % times) for turn in range(times)]


def out_of_order(rounds: Sequence[Mapping[int, int]], count: int) -> list[tuple[int, int]]:
    """The pairs of which each stood before the other in some round."""
    wrong = []
    for one, other in combinations(range(count), 2):
        both = [(turn[one], turn[other]) for turn in rounds if one in turn and other in turn]
        if any(a < b for a, b in both) and any(a > b for a, b in both):
            wrong.append((one, other))
    return wrong


def table(given: argparse.Namespace, kept: Mapping[str, Judged], boards: Sequence[Mapping[int, int]]) -> None:
    """Print what each entry got in each round, and its rank on each board."""
    for number in sorted(range(given.entries), key=lambda number: STRENGTHS.index(strength(number))):
        cells = []
        for turn in range(given.times):
            one = kept.get(f"{turn} {number}")
            if one is None or one["score"] is None:
                cells.append(f"{'-' if one is None else one['verdict']:24}")
                continue
            ends = "" if one["low"] is None else f" ({one['low']:.2f} to {one['high']:.2f})"
            cells.append(f"{one['score']:6.2f}{ends:18}")
        places = ", ".join(str(board.get(number, "-")) for board in boards)
        print(f"entry {number + 1:2}  {strength(number):7}{''.join(cells)}  ranks {places}")


def report(what: str, wrong: Sequence[tuple[int, int]]) -> None:
    """Print which pairs are out of order."""
    same = [pair for pair in wrong if strength(pair[0]) == strength(pair[1])]
    apart = len(wrong) - len(same)
    print(f"{what}: {apart} pairs of different strengths and {len(same)} of the same code are out of order")
    for one, other in wrong:
        print(f"  entries {one + 1} ({strength(one)}) and {other + 1} ({strength(other)})")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--event", default="matmul-one")
    parser.add_argument("--entries", type=int, default=20)
    parser.add_argument("--times", type=int, default=3)
    parser.add_argument("--sizes", type=int, default=0)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--seconds", type=float, default=float("inf"))
    parser.add_argument("--apart", action="store_true")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    of, until_s = event(given.event), time.monotonic() + given.seconds
    if given.sizes:
        of = replace(of, shapes=of.shapes[: given.sizes], drawn=(), baselines=())
    kept: dict[str, Judged] = {}
    if given.keep and given.keep.exists():
        kept = json.loads(given.keep.read_text())
    if missing := missing_roofs(of, store=Store(), machine=detect()):
        run(missing, owner="honest", store=Store())
    roofs = tuple(measured_roofs(of, Store(), detect()))
    pin_current_process(measuring_cpus(detect(), 1))  # as the worker of a job is
    for turn, number in still_to_judge(given, kept):
        if time.monotonic() > until_s:
            break
        kept[f"{turn} {number}"] = judge_once(number, of, roofs)
        if given.keep:
            given.keep.write_text(json.dumps(kept))
    boards = ranked_together(given, kept, rounds_of_boards(given.times, given.apart))
    table(given, kept, boards)
    again = sum(one["tries"] - 1 for one in kept.values())
    sizes, all_of = f"{len(of.shapes)} printed and {len(of.drawn)} drawn sizes", given.entries * given.times
    print(f"{given.event}, {sizes}: {given.entries} entries, {len(kept)} judgings of {all_of}")
    print(f"unsettled and judged again: {again}")
    wrong = out_of_order(boards, given.entries)
    report(f"{len(boards)} boards", wrong)
    alone = ranked_together(given, kept, [(turn,) for turn in range(given.times)])
    report("single judgings", out_of_order(alone, given.entries))
    sys.exit(bool(wrong))


if __name__ == "__main__":
    main()
