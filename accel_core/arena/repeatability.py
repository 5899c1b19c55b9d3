"""How far two judgings of the same code differ: by more than the interval of either says.

A judging's interval holds what differs from call to call. From one process to the next memory lies elsewhere
and the machine has other work, and the same code differs by more (Kalibera and Jones, Rigorous Benchmarking in
Reasonable Time, ISMM 2013). Every timed entry on a board was judged twice, so the board itself shows how much.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from statistics import median

FEWEST = 5
"""Entries from which on a board shows it; with fewer each interval is its own two judgings'."""
MEDIAN_OF_NORMAL = 0.6745
"""The median of |x| where x is normal with standard deviation 1."""
NORMAL_95 = 1.96
MOST = 0.1
"""Whatever judgings say: who holds half of a board's nicknames shall not make all of it one rank."""


def spread(pairs: Iterable[tuple[float, float]]) -> float:
    """The standard deviation of a score's logarithm from one judging to the next; 0 with fewer than FEWEST.

    Each pair holds two scores above 0 of one entry. By their median and MOST at the most, so that one entry
    whose judgings were made to differ widens no interval but its own.
    """
    apart = [abs(math.log(one / other)) for one, other in pairs if one > 0 and other > 0]
    if len(apart) < FEWEST:
        return 0.0
    return min(median(apart) / (math.sqrt(2) * MEDIAN_OF_NORMAL), MOST)


def widened(
    score: float, low: float | None, high: float | None, differ: float
) -> tuple[float | None, float | None]:
    """The ends of a score's interval, made so wide that those of two scores of the same code overlap in 95 % of
    all cases, where their logarithms have the standard deviation `differ`: half of 1.96 times the root of 2 of
    these to each side, which is half of the limit of repeatability (ISO 5725-6, 4.1)."""
    if not differ:
        return low, high
    half = math.exp(NORMAL_95 * math.sqrt(2) * differ / 2)
    return min(score / half, score if low is None else low), max(score * half, score if high is None else high)
