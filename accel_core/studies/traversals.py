"""What the counts of one or two simulated traversals say: who misses less, and which operand why."""

from __future__ import annotations

from collections.abc import Sequence

from accel_core.cache import Count, Simulation
from accel_core.cache.stream.traversal import NAMES, OPERAND_AXES

Named = tuple[str, Simulation]
MANY = 0.5
"""A kind that is more than this share of an operand's misses is the reason that is given."""


def traversal_reading(named: Sequence[Named]) -> str:
    """Two or three sentences of Markdown about the first level, over the whole traversals."""
    if len(named) == 1:
        ((title, whole),) = named
        return f"{_whole(title, whole)} {_blame(title, whole)}"
    (better, few), (worse, many) = sorted(named, key=lambda pair: _misses(pair[1]))
    if _misses(few) == _misses(many):
        return f"Both miss L1 {_misses(few):,} times in the whole product. {_blame(better, few)}"
    ratio = _misses(many) / max(_misses(few), 1)
    return (
        f"**{better}** wins: over the whole product it misses L1 {_misses(few):,} times, **{worse}** "
        f"{_misses(many):,} times, {ratio:.3g} times as often. {_blame(worse, many)}"
    )


def _misses(whole: Simulation) -> int:
    return whole.levels[0].total.misses


def _whole(title: str, whole: Simulation) -> str:
    total = whole.levels[0].total
    return (
        f"**{title}** misses L1 in {total.misses:,} of {total.accesses:,} accesses "
        f"({100 * total.misses / total.accesses:.3g} %)."
    )


def _blame(title: str, whole: Simulation) -> str:
    """Which operand misses most in a traversal, of which kind, and how the innermost loop walks through it."""
    operands = whole.levels[0].operands
    if whole.levels[0].total.misses == whole.levels[0].total.compulsory:
        return f"In {title} every miss is the first touch of a line: no order can avoid it."
    name = max(NAMES, key=lambda operand: operands[operand].misses)
    count = operands[name]
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in _kinds(count).items() if number)
    return (
        f"In {title}, {name} misses most: {count.misses:,} of its {count.accesses:,} accesses ({kinds}). "
        f"{_walk(whole, name)} {_remedy(whole, count)}".rstrip()
    )


def _kinds(count: Count) -> dict[str, int]:
    return {"first touch": count.compulsory, "capacity": count.capacity or 0, "conflict": count.conflict or 0}


def _walk(whole: Simulation, name: str) -> str:
    """How far the innermost loop moves in an operand, in bytes, against the bytes of a line."""
    traversal = whole.traversal
    inner, number = traversal.order[2], NAMES.index(name)
    operand, axes = traversal.operands[number], OPERAND_AXES[number]
    if inner not in axes:
        return f"The innermost loop ({inner}) leaves it where it is."
    stride = operand.row_bytes if inner == axes[0] else operand.column_bytes
    line = whole.levels[0].cache.line_bytes
    if stride >= line:
        return (
            f"The innermost loop ({inner}) moves {stride} bytes through {name} at each step, past the end of a "
            f"{line}-byte line: it takes one element of each line."
        )
    return (
        f"The innermost loop ({inner}) moves {stride} bytes through {name} at each step, so a {line}-byte line "
        f"serves {line // stride} steps."
    )


def _remedy(whole: Simulation, count: Count) -> str:
    """What most of an operand's misses come from, and a question that the controls can answer."""
    kind, most = max(_kinds(count).items(), key=lambda pair: pair[1])
    if most <= MANY * count.misses:
        return ""
    traversal = whole.traversal
    blocks = "smaller blocks" if traversal.block else "blocks"
    padding = "another padding" if traversal.pad else "some padding"
    return {
        "first touch": "Most are first touches, which no order can avoid.",
        "capacity": f"The cache is full before a line is used again: would {blocks} bring the uses together?",
        "conflict": f"The cache has room, but too many lines share a set: would {padding} move them apart?",
    }[kind]
