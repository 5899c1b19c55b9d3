"""The judge of a misses event: what is counted of an honest order, and what each cheat gets."""

from __future__ import annotations

import os
from typing import Any

import pytest
import walls

from accel_core.arena.event import Band, Event, PrintedCache
from accel_core.cache import CacheGeometry, Traversal
from accel_core.cache.ordered import triples_of
from accel_core.judge import misses
from accel_core.judge.asked import Asked
from accel_core.judge.counting import baseline_traversal, counted
from accel_core.judge.misses import judge_misses
from accel_core.machine import detect
from accel_core.model import Verdict
from accel_core.runner.kinds.arena import KIND

EVENT = Event(
    name="misses-tiny",
    title="Fewest misses",
    kind="misses",
    workload="matmul",
    dtype="float32",
    division="one",
    shapes=((8, 9, 10), (12, 12, 12)),
    drawn=(Band((7, 11, 5), 0.0),),
    baselines=("matmul/compiled_ijk", "matmul/compiled_tiled", "matmul/compiled_ikj", "matmul/numpy"),
    cache=PrintedCache(1024, 2, 64),
)
CACHE = CacheGeometry(1024, 2, 64)
TRIPLES = "[(i, j, p) for i in range(m) for j in range(n) for p in range(k)]"
HONEST = f"def order(m, k, n):\n    yield from {TRIPLES}\n"
ARRAYS = """
import numpy as np
def order(m, k, n):
    every = np.stack(np.indices((m, n, k)).reshape(3, -1), axis=1)
"""


def judged(code: str, order_s: float = 20.0, walled: bool = False, seed: int = 4) -> Verdict:
    return judge_misses(Asked(EVENT, code, 1, walled=walled), seed=seed, order_s=order_s)


def of_loops(order: str) -> list[int]:
    orders = [Traversal(shape, order) for shape in EVENT.shapes]  # type: ignore[arg-type]
    return [counted(one.shape, CACHE, "float32", triples_of(one)).misses for one in orders]


@pytest.mark.parametrize("walled", walls.KINDS)
def test_an_honest_order_gets_the_misses_of_its_loops(walled: bool) -> None:
    walls.require(walled)
    verdict = judged(HONEST, walled=walled)
    assert (verdict.verdict, verdict.stage, verdict.seed) == ("accepted", "times", 4)
    first, second, drawn = verdict.sizes
    assert [first.misses, second.misses] == of_loops("ijk")
    assert first.baseline_misses["matmul/compiled_ijk"] == first.misses
    assert first.baseline_misses["matmul/compiled_ikj"] == of_loops("ikj")[0]
    assert set(first.baseline_misses) == {*EVENT.baselines} - {"matmul/numpy"}
    assert sum(first.misses_of[name] for name in "ABC") == first.misses
    assert sum(first.misses_of[kind] for kind in ("compulsory", "capacity", "conflict")) == first.misses
    assert first.least_misses and first.score == first.least_misses / first.misses
    assert second.score and verdict.score == pytest.approx(100 * (first.score * second.score) ** 0.5)
    assert drawn.drawn and not drawn.ranked and drawn.misses and drawn.note
    assert Verdict.from_dict(verdict.to_dict()) == verdict


SAME = {
    "bools": HONEST.replace("(i, j, p)", "(i and (True if i == 1 else i), j, p)"),
    "one array": ARRAYS + "    return every",
    "small integers": ARRAYS + "    yield every.astype(np.uint8)",
    "arrays of one": ARRAYS + "    for one in every:\n        yield one",
    "changed after it was yielded": ARRAYS
    + "    every = every.astype(np.int32)\n    for start in range(0, len(every), 7):\n"
    + "        yield every[start : start + 7]\n        every[start : start + 7] = 0",
    "another answer when asked again": f"times = []\n{HONEST}".replace(
        "yield from", "times.append(m)\n    yield from"
    )
    + "    if times.count(m) > 1 and m == 8:\n        yield 0, 0, 0\n",
}


@pytest.mark.parametrize("name", SAME)
def test_what_is_the_same_order_gets_the_same_misses(name: str) -> None:
    verdict = judged(SAME[name])
    assert verdict.verdict == "accepted", verdict.reason
    assert [size.misses for size in verdict.sizes[:2]] == of_loops("ijk")


def loops(line: str) -> str:
    return f"import os, sys, time\ndef order(m, k, n):\n    every = {TRIPLES}\n    {line}\n"


CHEATS = {
    "a triple left out": (loops("return every[:-1]"), "ends after 7 of 8 triples: (1, 1, 1) never came"),
    "none": (loops("return []"), "ends after 0 of 8 triples: (0, 0, 0) never came"),
    "one twice": (
        loops("return every[:3] + every"),
        "Triple 4 of order(2, 2, 2) is (0, 0, 0), which came before",
    ),
    "one twice in place of another": (loops("return every[:-1] + every[:1]"), "Triple 8 of order(2, 2, 2)"),
    "one more": (loops("return every + [(m, 0, 0)]"), "(2, 0, 0), and i goes from 0 to 1"),
    "k where j belongs": (
        loops("return [(i, p, j) for i, j, p in every]"),
        "order(1, 7, 1) is (0, 1, 0), and j goes from 0 to 0",
    ),
    "negative": (loops("return [(i, j, p - k) for i, j, p in every]"), "(0, 0, -2), and p goes from 0 to 1"),
    "floats": (
        loops("return [(i, j, p + 0.0) for i, j, p in every]"),
        "Triple 1 of order(2, 2, 2) is (0, 0, 0.0): three",
    ),
    "huge": (
        loops("return [(2**40, 0, 0)]"),
        "Triple 1 of order(2, 2, 2) is (1099511627776, 0, 0): three",
    ),
    "a number of 10000 digits": (
        loops("return [(10**10000, 0, 0)]"),
        "Triple 1 of order(2, 2, 2) is a tuple: three whole numbers",
    ),
    "text": (loops("return ['000']"), "Triple 1 of order(2, 2, 2) is '000': three whole numbers"),
    "pairs": (
        loops("return [(i, j) for i, j, p in every]"),
        "Triple 1 of order(2, 2, 2) is (0, 0): three",
    ),
    "no order": (loops("return None"), "order(2, 2, 2) returns None"),
    "another name": ("def orders(m, k, n): ...", "It defines no function order"),
    "no Python": ("def order(:", "Line 1 is no Python"),
    "other arguments": ("def order(size): ...", "order(2, 2, 2) raises TypeError"),
    "an error on the way": (
        loops("yield from every if (m, k) != (8, 9) else [*every[:9], 1 / 0]"),
        "order(8, 9, 10) raises ZeroDivisionError (division by zero) in line 4",
    ),
    "exit": (loops("sys.exit(0)"), "order(2, 2, 2) raises SystemExit (0) in line 4"),
    "exit at once": (loops("os._exit(0)"), "ended its process"),
    "exit when read": ("raise SystemExit", "The file fails before order is called: SystemExit in line 1"),
    "endless": (
        loops("while True: yield 0, 0, 0"),
        "Triple 2 of order(2, 2, 2) is (0, 0, 0), which came before",
    ),
    "asleep": (loops("time.sleep(60)"), "order(2, 2, 2) took longer than 0.5 s"),
    "busy": (loops("while True: pass"), "order(2, 2, 2) took longer than 0.5 s"),
    "asleep when read": ("import time\ntime.sleep(60)", "took longer than 0.5 s"),
    "printing": (loops("print('x' * 10**7)"), "printed more than"),
    "good when tested": (
        loops("return every if (m, k) != (8, 9) else every[1:]"),
        "order(8, 9, 10) ends after 719 of 720 triples: (0, 0, 0) never came",
    ),
    "printed sizes alone": (
        loops("return every if (m, k, n) != (7, 11, 5) else every[::2]"),
        "order(7, 11, 5) ends after 193 of 385",
    ),
    "floats in an array": (ARRAYS + "    yield every * 1.0", "array (8, 3) of float64: whole numbers"),
    "bools in an array": (ARRAYS + "    yield every > 0", "array (8, 3) of bool: whole numbers"),
    "objects in an array": (ARRAYS + "    yield every.astype(object)", "array (8, 3) of object: whole numbers"),
    "columns": (ARRAYS + "    yield every.T", "array (3, 8) of int64: whole numbers (count, 3)"),
    "a third axis": (ARRAYS + "    yield every[None]", "array (1, 8, 3) of int64: whole numbers (count, 3)"),
    "large in an array": (ARRAYS + "    yield every + 2**32", "a number of more than 32 bits"),
    "large and unsigned": (ARRAYS + "    yield (every - 1).astype(np.uint64)", "a number of more than 32 bits"),
    "arrays after triples": (
        ARRAYS + "    yield 0, 0, 0\n    yield every",
        "2 of order(2, 2, 2) is array",
    ),
    "a forged end": (
        loops("t = sys.modules['accel_core.judge.inside.triples']; t.PIECE = t.END; return every"),
        "ends after 0 of 8 triples",
    ),
    "a forged number": (
        loops(
            "t = sys.modules['accel_core.judge.inside.triples']; s = t.say; "
            "t.say = lambda memory, what, *more: s(memory, what, 2**40); return every"
        ),
        "(0, 0, 0), which came before",
    ),
    "words of a terminal": (
        loops("raise ValueError('\\x1b[2J<script>')"),
        "order(2, 2, 2) raises ValueError ( [2J<script>) in line 4",
    ),
}


@pytest.mark.parametrize("name", CHEATS)
def test_a_cheat_is_refused_with_its_sentence(name: str) -> None:
    code, said = CHEATS[name]
    order_s = 0.5 if "took longer" in said else 20.0
    verdict = judged(code, order_s)
    assert verdict.verdict == "refused" and verdict.score is None
    assert said in verdict.reason and verdict.reason.isprintable(), verdict.reason


def test_a_fault_is_shown_small() -> None:
    code = loops("return every if (m, k) != (8, 9) else every[1:]")
    verdict = judged(code)
    assert verdict.stage == "times" and verdict.sizes[0].note == verdict.reason
    verdict = judged(loops("return every[1:]"))
    assert (verdict.stage, verdict.sizes) == ("example", ())
    assert verdict.failing == {
        "shape": "2 x 2 x 2",
        "input": "order(2, 2, 2)",
        "expected": "each of 8 triples once",
        "got": "7 triples, without (0, 0, 0)",
    }


RECORDS = """
from __future__ import annotations
from dataclasses import dataclass

@dataclass
class Blocks:
    rows: int = 8

"""


def test_a_file_may_have_records_beside_its_order() -> None:
    assert judged(RECORDS + HONEST).verdict == "accepted"


CUTS = """
import os

for descriptor in range(3, 64):
    try:
        os.ftruncate(descriptor, 0)
    except OSError:
        pass

"""


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="this system cannot seal memory")
def test_a_file_cannot_cut_the_memory_that_its_judge_reads() -> None:
    """A judge that reads what is gone ends, and with it the verdict."""
    assert judged(CUTS + HONEST).verdict == "accepted"


def test_fewer_misses_than_can_be_are_quarantined(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(misses, "lower_bound", lambda *_: 10**6)
    verdict = judged(HONEST)
    assert verdict.verdict == "quarantined" and verdict.score is None
    assert verdict.reason.startswith("Size 8 x 9 x 10 made") and "1,000,000" in verdict.reason


def test_orders_of_baselines_are_those_of_their_loops() -> None:
    tiled = baseline_traversal("matmul/compiled_tiled", (20, 20, 20), "float32")
    assert tiled is not None and tiled.blocks == (16, 16, 16)
    assert baseline_traversal("matmul/register_tile", (20, 20, 20), "float32") is None
    assert baseline_traversal("matmul/numpy", (20, 20, 20), "float32") is None


def test_a_job_of_a_misses_event_gets_its_verdict_and_steps_without_roofs() -> None:
    told: list[dict[str, Any]] = []
    given = {"event": EVENT.to_dict(), "code": HONEST, "walled": False, "tried": True, "entry": "e1"}
    job, _ = KIND.check(given, detect())
    KIND.run(job, detect(), told.append)
    *steps, result = told
    assert [step["name"] for step in steps] == ["counting misses, 8 x 9 x 10", "counting misses, 12 x 12 x 12"]
    verdict = Verdict.from_dict(result["data"])
    assert (verdict.verdict, verdict.seed, verdict.entry) == ("accepted", None, "e1")
    assert [size.misses for size in verdict.sizes] == of_loops("ijk")


def test_an_order_in_pieces_of_one_triple_is_refused() -> None:
    """Each costs the judge more time than the child, of whose time alone there is a limit."""
    small = f"from accel_core.judge.inside import triples\ntriples.MOST = 1\n{HONEST}"
    verdict = judged(small)
    assert (verdict.verdict, verdict.stage) == ("refused", "example")
    assert "order(2, 2, 2) ended its process or wrote where it has no business" in verdict.reason
