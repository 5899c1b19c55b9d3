"""Ranks that noise does not decide: those who cannot be told apart share one.

In the order of scores, the best of a group is its first. Who follows shares its rank while the two cannot be
told apart: while their intervals overlap, or the scores lie within 2 %. The first one who can be told apart
begins the next group, with the rank that its place in the order gives (1, 1, 3). Everybody is held against the
best of the group, never against a neighbour: through neighbours a long board would become one group, of which
the last is far from the first. The price: two who lie in different groups need not be told apart from each
other. What holds: a higher score never has the larger rank, equal scores share one, the order in which entries
came changes nothing, and who hands in again never loses a rank by it, as long as the intervals of the others
stay: what a new pair of judgings shows of the machine may change those of all (repeatability.py).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

WITHIN = 0.02
"""Scores that lie so close share a rank, whatever their intervals; 0 where scores are exact counts."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A scored entry of somebody, as a board needs it."""

    person: str
    entry: str
    score: float
    low: float | None = None
    high: float | None = None
    """The interval of the score; None where there is none, and then only the 2 % count."""
    reach: float | None = None
    """The highest end among all entries of this person; `best_of_each` sets it."""


@dataclass(frozen=True, slots=True)
class Rank:
    """A place on the board."""

    rank: int
    shared: bool
    """Whether somebody else has the same rank."""
    standing: Standing


def ranked(standings: Iterable[Standing], within: float = WITHIN) -> tuple[Rank, ...]:
    """The best entry of each person with its rank, in the order of the board."""
    order = sorted(best_of_each(standings), key=_order)
    ranks: list[int] = []
    best = 0
    for at, one in enumerate(order):
        if not _alike(order[best], one, within):
            best = at
        ranks.append(best + 1)
    return tuple(Rank(rank, ranks.count(rank) > 1, one) for rank, one in zip(ranks, order, strict=True))


def best_of_each(standings: Iterable[Standing]) -> tuple[Standing, ...]:
    """The entry of the highest score of each person.

    It keeps how high the intervals of the others reached: else a better entry with a narrower interval could
    lose the rank that an earlier one shared.
    """
    best: dict[str, Standing] = {}
    reach: dict[str, float] = {}
    for one in standings:
        reach[one.person] = max(reach.get(one.person, 0.0), _high(one))
        known = best.get(one.person)
        if known is None or _order(one) < _order(known):
            best[one.person] = one
    return tuple(replace(one, reach=reach[person]) for person, one in best.items())


def _alike(best: Standing, other: Standing, within: float) -> bool:
    """Whether `other`, whose score is not higher, cannot be told apart from the `best` of a group."""
    low = best.score if best.low is None else best.low
    return other.score >= (1 - within) * best.score or _high(other) >= low


def _high(one: Standing) -> float:
    return max(one.score, one.high or 0.0, one.reach or 0.0)


def _order(one: Standing) -> tuple[float, float, float, str, str]:
    """Highest score first; among equals the one who reaches least, so that where it joins a group, all do."""
    return -one.score, _high(one), one.score if one.low is None else one.low, one.person, one.entry
