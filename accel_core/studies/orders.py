"""Which cache answers a step of the innermost loop that reads B: the shares, and what they say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from accel_core.cache import CacheGeometry, Simulation, Traversal
from accel_core.cache.geometry import kept_lines

MEMORY = "memory"
READ = "B"
LEAST_SHOWN = 0.0005
"""A smaller share is left out of a sentence."""
GAP = "\N{NO-BREAK SPACE}"


@dataclass(frozen=True)
class Case:
    """One of the four that are compared: small, large, in blocks, along the rows."""

    label: str
    order: str
    blocked: bool
    tiny: int
    """Size that plays in the classroom's caches."""
    real: int
    """Size that runs on this CPU."""
    why: str


TINY_BLOCK, REAL_BLOCK = 4, 16
CASES = (
    Case("1 · ijk, small", "ijk", False, 8, 256, "A column of B stays in a near cache until the next one."),
    Case(
        "2 · ijk, large", "ijk", False, 32, 2048, "The column is longer than the sets it falls into can hold."
    ),
    Case("3 · ijk in blocks", "ijk", True, 32, 2048, "A block of B is short enough to stay while it is used."),
    Case("4 · ikj", "ikj", False, 32, 2048, "Along a row of B one line serves several steps."),
)


def tiny(case: Case) -> Traversal:
    """All of the case that plays in the classroom."""
    return Traversal((case.tiny,) * 3, case.order, (TINY_BLOCK,) * 3 if case.blocked else None)


def first_iterations(case: Case) -> tuple[Traversal, Traversal]:
    """The first iteration of the outermost loop at full size (of a row of blocks), and the first two."""
    rows, block = (REAL_BLOCK, (REAL_BLOCK,) * 3) if case.blocked else (1, None)
    one, two = (Traversal((n * rows, case.real, case.real), case.order, block) for n in (1, 2))
    return one, two


def answers(whole: Simulation, less: Simulation | None = None) -> dict[str, float]:
    """Level -> share of the steps at which it has the element of B; `less` is a first part not to be counted.

    A step is one multiplication, so there are m k n. Who misses a level asks the next one.
    """
    steps = prod(whole.traversal.shape) - (prod(less.traversal.shape) if less else 0)
    asked = steps
    found: dict[str, float] = {}
    for number, level in enumerate(whole.levels):
        misses = level.operands[READ].misses - (less.levels[number].operands[READ].misses if less else 0)
        found[level.level] = (asked - misses) / steps
        asked = misses
    return {**found, MEMORY: asked / steps}


def shares(found: Mapping[str, float]) -> str:
    """ "L1 67.2 %, L2 29.7 %, memory 3.12 %"; what is below a twentieth of a per cent is left out."""
    told = (f"{level}{GAP}{100 * share:.3g}{GAP}%" for level, share in found.items() if share >= LEAST_SHOWN)
    return ", ".join(told)


def mostly(found: Mapping[str, float]) -> str:
    """The level that answers most steps."""
    return max(found, key=lambda level: found[level])


def conclusion(found: Sequence[Mapping[str, float]], caches: Sequence[CacheGeometry]) -> str:
    """What the shares of the four cases say of this CPU, with the reason why the large one has to go so far."""
    small, large, _, _ = (mostly(one) for one in found)
    size, n = CASES[0].real, CASES[1].real
    text = f"On this CPU most steps of ijk find their element of B in **{small}** at N={size}, and "
    if small == large:
        text += f"at N={n} too: its caches do not explain a fall between the two. "
    else:
        text += f"in **{large}** at N={n}. {_crowding(n, caches)}"
    return text + (
        f"In blocks of {REAL_BLOCK} steps are answered by {shares(found[2])}; in ikj by {shares(found[3])}. "
        "A cache farther away takes longer to answer: the page This machine measures how long."
    )


def _crowding(n: int, caches: Sequence[CacheGeometry]) -> str:
    """Why a column of B, of n lines, does not stay: it falls into few sets. Empty where all levels keep it."""
    stride = n * Traversal((1, 1, 1)).itemsize
    lost = [
        f"{sets:,} of L{level}'s {cache.sets:,} sets, room for {kept:,}"
        for level, cache in enumerate(caches, start=1)
        for sets, kept in (kept_lines(cache, stride),)
        if kept < n
    ]
    if not lost:
        return ""
    return (
        f"The {n:,} lines of a column lie {stride:,} bytes apart. They fall into {', and into '.join(lost)}: "
        "they are gone before the next column, their neighbour, needs them. "
    )
