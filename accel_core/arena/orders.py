"""What a misses event says of itself: its rules, the file that it begins with, an example access by access."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

from accel_core.arena.event import Event
from accel_core.cache import CacheGeometry, Traversal
from accel_core.model import ITEM_BYTES
from accel_core.units import format_bytes

ORDER = "order(m, k, n)"
EXAMPLE_SHAPE = (2, 2, 2)
_STARTER = '''"""{title}: yield each triple i, j, p once.

A triple accesses a[i, p], then b[p, j], then c[i, j]. a (m, k), b (k, n) and c (m, n) are {dtype},
row by row. Arrays of triples, (count, 3), may be yielded too.
"""


def order(m, k, n):
    for i in range(m):
        for j in range(n):
            for p in range(k):
                yield i, j, p
'''


@dataclass(frozen=True, slots=True)
class Access:
    """One element that is accessed."""

    element: str
    """"a[0, 1]"."""
    line: int
    """Number of its line: its address divided by the bytes of a line."""
    set: int
    missed: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One triple and its accesses."""

    triple: tuple[int, int, int]
    accesses: tuple[Access, ...]


def order_starter(event: Event) -> str:
    """The file that a misses event begins with: three plain loops."""
    return _STARTER.format(title=event.title, dtype=event.dtype)


def order_rules(event: Event) -> tuple[str, ...]:
    """What is asked, how it is counted and how it is scored, a sentence or two each."""
    cache = geometry(event)
    ways = "direct-mapped" if cache.ways == 1 else f"{cache.ways} ways"
    return (
        f"Define `{ORDER}`: it yields the triples i, j, p of the product of a (m, k) and b (k, n), each once, "
        "in an order of yours; or arrays of them, (count, 3), whole numbers; or it returns one array.",
        "A triple accesses a[i, p], b[p, j] and c[i, j], in this order. That of c reads and writes, and counts "
        "once.",
        f"All three are {event.dtype}, row by row and without gaps: a begins at address 0, b and c each at the "
        "next multiple of 4096.",
        f"The cache: {format_bytes(cache.size_bytes)}, {ways}, {cache.sets} sets, lines of "
        f"{cache.line_bytes} B; a line belongs to the set that is its number modulo {cache.sets}. It is empty "
        "at first, and of a set the line that was used longest ago leaves (LRU).",
        "The score of a size is a number of misses that no order undercuts, divided by yours; that of an entry "
        "is 100 times the geometric mean over the printed sizes. Drawn sizes are checked and counted, and not "
        "scored, so that a file has the same score in every judging.",
    )


def order_example(event: Event) -> tuple[Step, ...]:
    """The starter's order of a product of 2 x 2 matrices, with what misses in the cache of the event."""
    cache = geometry(event)
    held: list[list[int]] = [[] for _ in range(cache.sets)]  # of each set the lines, the newest last
    m, k, n = EXAMPLE_SHAPE
    operands = Traversal(EXAMPLE_SHAPE, dtype=event.dtype).operands
    steps = []
    for i, j, p in product(range(m), range(n), range(k)):
        accesses = []
        for operand, (row, column) in zip(operands, ((i, p), (p, j), (i, j)), strict=True):
            place = row * operand.columns + column
            line = (operand.base + place * ITEM_BYTES[event.dtype]) // cache.line_bytes
            lines = held[line % cache.sets]
            missed = line not in lines
            held[line % cache.sets] = [*(one for one in lines if one != line), line][-cache.ways :]
            element = f"{operand.name.lower()}[{row}, {column}]"
            accesses.append(Access(element, line, line % cache.sets, missed))
        steps.append(Step((i, j, p), tuple(accesses)))
    return tuple(steps)


def order_table(event: Event) -> str:
    """The example as lines of text: a triple in each, its accesses, and how many of all miss."""
    steps = order_example(event)
    lines = [
        f"{step.triple}  "
        + "  ".join(f"{one.element} {'miss' if one.missed else 'hit ':4}" for one in step.accesses).rstrip()
        for step in steps
    ]
    accesses = [one for step in steps for one in step.accesses]
    return "\n".join([*lines, f"{sum(one.missed for one in accesses)} of {len(accesses)} accesses miss"])


def geometry(event: Event) -> CacheGeometry:
    """The printed cache of a misses event."""
    assert event.cache is not None
    return CacheGeometry(event.cache.size_bytes, event.cache.ways, event.cache.line_bytes)
