"""The proofs of a misses event: its count refuses what is no order, and nothing undercuts its bound."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import permutations
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.arena.event import Event
from accel_core.arena.orders import geometry, order_starter
from accel_core.arena.proofs import Proof
from accel_core.bench.verify import format_shape
from accel_core.cache import Traversal
from accel_core.cache.ordered import triples_of
from accel_core.judge.asked import Refused
from accel_core.judge.counting import baseline_traversal, counted, lower_bound
from accel_core.model import Shape

Triples = NDArray[np.int32]
SMALL = ((1, 1, 1), (2, 3, 2), (5, 4, 1), (3, 5, 17))
EVERY_ORDER = ((2, 2, 1), (2, 1, 2), (1, 2, 2))
"""Of four triples, which have 24 orders."""


def _twice(triples: Triples) -> Triples:
    return np.concatenate([triples, triples[:1]])


def _in_place_of_another(triples: Triples) -> Triples:
    return np.concatenate([triples[:-1], triples[:1]])


def _outside(triples: Triples) -> Triples:
    return np.concatenate([triples[:-1], triples[-1:] + np.int32(1)])


WRONG: dict[str, Callable[[Triples], Triples]] = {
    "a triple left out fails": lambda triples: triples[:-1],
    "a triple that comes twice fails": _twice,
    "a triple in place of another fails": _in_place_of_another,
    "a triple outside of the product fails": _outside,
}


def order_proofs(event: Event) -> Iterator[Proof]:
    """All proofs of a misses event. Nothing is timed."""
    shapes = [(m, k, n) for m, k, n in event.shapes]
    yield _starter(event)
    for name, wrong in WRONG.items():
        yield _refused(event, name, wrong, min(shapes, key=prod))
    yield _every_order(event)
    loops = [one for one in event.baselines if baseline_traversal(one, shapes[0], event.dtype) is not None]
    found = {
        shape: {name: _misses(event, shape, baseline_traversal(name, shape, event.dtype)) for name in loops}
        for shape in shapes
    }
    yield _bound(event, found)
    yield _told_apart(found)


def _ijk(event: Event, shape: tuple[int, int, int]) -> Triples:
    return np.concatenate(list(triples_of(Traversal(shape, dtype=event.dtype))))


def _misses(event: Event, shape: tuple[int, int, int], traversal: Traversal | None) -> int:
    assert traversal is not None
    return counted(shape, geometry(event), event.dtype, triples_of(traversal)).misses


def _starter(event: Event) -> Proof:
    """Whether the starter's order is that of three plain loops."""
    made: dict[str, Any] = {}
    exec(compile(order_starter(event), f"<starter of {event.name}>", "exec"), made)  # made of our own text
    wrong = [
        shape
        for shape in SMALL
        if not np.array_equal(np.array(list(made["order"](*shape)), np.int32), _ijk(event, shape))
    ]
    told = f"It is wrong at {format_shape(wrong[0])}." if wrong else f"It is right at {len(SMALL)} small sizes."
    return Proof("starter code", not wrong, told)


def _refused(
    event: Event, name: str, wrong: Callable[[Triples], Triples], shape: tuple[int, int, int]
) -> Proof:
    try:
        counted(shape, geometry(event), event.dtype, [wrong(_ijk(event, shape))])
    except Refused as refused:
        return Proof(name, True, refused.reason)
    return Proof(name, False, f"It is taken at {format_shape(shape)}.")


def _every_order(event: Event) -> Proof:
    """Whether none of all orders of small products undercuts the bound."""
    cache, margins = geometry(event), list[tuple[int, Shape]]()
    for shape in EVERY_ORDER:
        least = lower_bound(shape, cache, event.dtype)
        for order in permutations(_ijk(event, shape)):
            margins.append((counted(shape, cache, event.dtype, [np.array(order)]).misses - least, shape))
    margin, closest = min(margins)
    told = f"{len(margins)} orders of small products: the best makes {_beside(margin)} at "
    return Proof("no order undercuts the bound", margin >= 0, f"{told}{format_shape(closest)}.")


def _bound(event: Event, found: dict[tuple[int, int, int], dict[str, int]]) -> Proof:
    """Whether no baseline undercuts the bound at a printed size."""
    cache = geometry(event)
    margins = [
        (misses - lower_bound(shape, cache, event.dtype), shape, name)
        for shape, of in found.items()
        for name, misses in of.items()
    ]
    if not margins:
        return Proof("no baseline undercuts the bound", True, "There are no baselines.")
    margin, shape, name = min(margins)
    told = f"{name} makes {_beside(margin)} at {format_shape(shape)}, the closest of all."
    return Proof("no baseline undercuts the bound", margin >= 0, told)


def _told_apart(found: dict[tuple[int, int, int], dict[str, int]]) -> Proof:
    """Whether the order matters at every printed size: else all have the same score there."""
    ratios = [(max(of.values()) / min(of.values()), shape) for shape, of in found.items() if len(of) > 1]
    if not ratios:
        return Proof("the order matters", True, "There are no two baselines to compare.")
    ratio, shape = min(ratios)
    told = f"The worst baseline misses {ratio:.2f} times as often as the best, or more, least at "
    return Proof("the order matters", ratio > 1, f"{told}{format_shape(shape)}.")


def _beside(margin: int) -> str:
    if margin == 0:
        return "as many misses as the bound"
    return f"{abs(margin):,} misses {'more' if margin > 0 else 'fewer'} than the bound"
