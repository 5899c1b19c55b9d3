"""What a run leaves open: answers whose intervals touch."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from accel_core.lessons.forms import Truth
from accel_core.model import Estimate


def undecided(truth: Truth, named: Callable[[str], str]) -> str:
    """Which other answers a choice leaves, or which neighbours an order; empty where none.

    `named` gives an answer's words. An estimate without an interval is taken at its median.
    """
    names = str(truth.value).split(",")
    if len(names) == 1:
        others = [named(name) for name in truth.each if name != names[0] and _touch(truth, names[0], name)]
        return f"Within the intervals {_listed(others)} may be as good." if others else ""
    pairs = [f"{named(a)} and {named(b)}" for a, b in pairwise(names) if _touch(truth, a, b)]
    return f"Within the intervals these may stand the other way round: {'; '.join(pairs)}." if pairs else ""


def _touch(truth: Truth, a: str, b: str) -> bool:
    (a_low, a_high), (b_low, b_high) = _ends(truth.each[a]), _ends(truth.each[b])
    return a_low <= b_high and b_low <= a_high


def _ends(estimate: Estimate) -> tuple[float, float]:
    low, high = estimate.low, estimate.high
    return (estimate.median, estimate.median) if low is None or high is None else (low, high)


def _listed(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
