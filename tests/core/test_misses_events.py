"""The misses events that come with the program: their sizes, and the room above the order of tiles."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod

import numpy as np
import pytest

from accel_core.arena.event import MISSES, Event
from accel_core.arena.files import events
from accel_core.arena.scoring import baseline_score
from accel_core.cache import CacheGeometry
from accel_core.cache.ordered import triples_of
from accel_core.judge.asked import Asked
from accel_core.judge.counting import baseline_traversal, counted, lower_bound
from accel_core.judge.misses import judge_misses

EVENTS = [event for event in events() if event.kind == MISSES]
OF_EACH = pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.name)
RESIDENT = """
import numpy as np

def order(m, k, n):
    \"\"\"As many rows of b as fill three quarters of the cache stay there, while rows of a and c pass.\"\"\"
    rows = max(1, min(k, 3 * CACHE // 4 // (4 * n)))
    rows = -(-k // -(-k // rows))
    for start in range(0, k, rows):
        i, p, j = np.indices((m, min(rows, k - start), n)).reshape(3, -1)
        yield np.stack([i, j, p + start], axis=1)
"""
RECURSIVE = """
def order(m, k, n, i=0, p=0, j=0):
    \"\"\"Halve the longest side, at the beginning of a line, until it has 16 elements.\"\"\"
    longest = max(m, n, k)
    half = -(-longest // 2 // 16) * 16 if longest > m else longest // 2
    if longest <= 16:
        for row in range(i, i + m):
            for at in range(p, p + k):
                for column in range(j, j + n):
                    yield row, column, at
    elif m == longest:
        yield from order(half, k, n, i, p, j)
        yield from order(m - half, k, n, i + half, p, j)
    elif n == longest:
        yield from order(m, k, half, i, p, j)
        yield from order(m, k, n - half, i, p, j + half)
    else:
        yield from order(m, half, n, i, p, j)
        yield from order(m, k - half, n, i, p + half, j)
"""


def pieces(code: str, shape: tuple[int, ...]) -> Iterator[np.ndarray]:
    """What an order of ours yields, as arrays."""
    made: dict[str, object] = {}
    exec(code, made)
    found = list(made["order"](*shape))  # type: ignore[operator]
    for one in found if np.ndim(found[0]) == 2 else [found]:
        yield np.array(one, np.int32)


def test_there_are_two_caches_or_more_and_one_of_them_is_direct_mapped() -> None:
    caches = [event.cache for event in EVENTS]
    assert len(set(caches)) >= 2 and any(cache and cache.ways == 1 for cache in caches)


@OF_EACH
def test_sizes_are_many_odd_and_not_square_and_few_triples(event: Event) -> None:
    assert len(event.shapes) >= 7 and len(event.drawn) == 3
    assert any(length % 2 for shape in event.shapes for length in shape)
    assert sum(len(set(shape)) > 1 for shape in event.shapes) >= 3
    assert sum(map(prod, event.shapes)) < 12e6  # some seconds of a generator of plain loops


@OF_EACH
def test_good_orders_beat_tiles_and_leave_room(event: Event) -> None:
    assert event.cache is not None
    cache = CacheGeometry(event.cache.size_bytes, event.cache.ways, event.cache.line_bytes)
    for shape in sorted(event.shapes, key=prod)[:2]:
        m, k, n = shape
        tiles = baseline_traversal("matmul/compiled_tiled", (m, k, n), event.dtype)
        assert tiles is not None
        made = {"tiles": counted((m, k, n), cache, event.dtype, triples_of(tiles)).misses}
        for name, code in (("resident", RESIDENT), ("recursive", RECURSIVE)):
            ours = pieces(code.replace("CACHE", str(cache.size_bytes)), shape)
            made[name] = counted((m, k, n), cache, event.dtype, ours).misses
        assert lower_bound((m, k, n), cache, event.dtype) <= made["resident"] < made["tiles"], (shape, made)
        assert made["recursive"] < made["tiles"], (shape, made)


def test_a_baseline_scores_as_an_entry_of_its_order_would() -> None:
    event = min(EVENTS, key=lambda one: sum(map(prod, one.shapes)))
    loops = "for i in range(m):\n        for p in range(k):\n            for j in range(n):\n"
    code = f"def order(m, k, n):\n    {loops}                yield i, j, p\n"
    verdict = judge_misses(Asked(event, code, 1, walled=False, tried=True))
    assert verdict.score == pytest.approx(baseline_score("matmul/compiled_ikj", verdict.sizes, event))
    assert baseline_score("matmul/packed", verdict.sizes, event) is None
