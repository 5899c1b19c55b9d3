"""Where each entry stands, and what is judged next: sums over records, whatever the order in which they came.

The first verdict on an entry that is settled counts. Where it is accepted and better than the best confirmed
entry of its person, it is judged once more, and the score of that second, confirming verdict counts: whoever
hands in often is not helped by the luckiest run. What waits is not kept anywhere but follows from the verdicts
that are there, so nothing is lost where a judge or a server is killed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from accel_core.model import ArenaEntry, Ruling
from accel_core.model.arena import ACCEPTED, UNSETTLED
from accel_core.store import Judged
from accel_core.store.moments import utc
from accel_core.store.persons import key_of

MOST_TRIES = 3
"""Unsettled verdicts of one entry, or of its confirming: then it is said so and it waits no longer."""
WAITING, CONFIRMED = "waiting", "confirmed"
NOTHING = float("-inf")
"""The score of what has none: it was right, and at no size long enough to be ranked."""
ANNUL, HIDE, RESTORE = RULINGS = ("annul", "hide", "restore")


@dataclass(frozen=True, slots=True)
class EntryStanding:
    """Where one entry stands on one machine."""

    entry: ArenaEntry
    """Without its code."""
    status: str
    """"waiting", "confirmed" (it counts), "accepted" (not confirmed), or as its verdict says: "refused",
    "quarantined", "unsettled"."""
    counts: Judged | None
    """The verdict that says so; None while it waits."""
    tries: int
    """Unsettled verdicts since the last settled one."""
    ruling: Ruling | None = None
    """What the presenter decided, where that holds."""
    confirms: Judged | None = None
    """The first verdict, where `counts` is the one that confirmed it."""

    @property
    def interval(self) -> tuple[float | None, float | None]:
        """The lowest and the highest end of both verdicts: the same code differs more from one process to the
        next than within one (Kalibera and Jones, Rigorous Benchmarking in Reasonable Time, ISMM 2013)."""
        both = [one for one in (self.counts, self.confirms) if one is not None]
        low = [one.score_low for one in both if one.score_low is not None]
        high = [one.score_high for one in both if one.score_high is not None]
        return min(low, default=None), max(high, default=None)

    @property
    def annulled(self) -> bool:
        """Whether it does not count, by a ruling."""
        return self.ruling is not None and self.ruling.what == ANNUL

    @property
    def hidden(self) -> bool:
        """Whether its name and its code are not shown, by a ruling."""
        return self.ruling is not None and self.ruling.what == HIDE

    @property
    def given_up(self) -> bool:
        """Whether the machine was disturbed too often: it is not judged again unless somebody asks for that."""
        return self.tries >= MOST_TRIES


@dataclass(frozen=True, slots=True)
class ToJudge:
    """An entry that is to be judged, or confirmed."""

    entry: ArenaEntry
    confirms: str
    """Id of the verdict that is to be confirmed; empty for the first one."""
    since: str
    """From when on it waits, as moments.utc writes it."""


def standings(
    entries: Iterable[ArenaEntry],
    judged: Iterable[Judged],
    rulings: Iterable[Ruling],
    fingerprint: str,
    clockless: Collection[str] = (),
) -> list[EntryStanding]:
    """Where each entry stands on one machine, oldest entry first.

    In the events named in `clockless` no clock is asked, so the verdicts of all machines count, and the first
    one needs no confirming.
    """
    found: dict[str, list[Judged]] = defaultdict(list)
    for one in sorted({one.id: one for one in judged}.values(), key=_moment):
        if one.fingerprint == fingerprint or one.event in clockless:
            found[one.entry].append(one)
    ruled = last_rulings(rulings)
    return [
        _standing(entry, found[entry.id], ruled.get(entry.id), entry.event not in clockless)
        for entry in sorted({entry.id: entry for entry in entries}.values(), key=_moment)
    ]


def last_rulings(rulings: Iterable[Ruling]) -> Mapping[str, Ruling]:
    """The ruling that holds of each entry that one holds of."""
    last = {one.entry: one for one in sorted(rulings, key=lambda one: (utc(one.created), one.what, one.reason))}
    return {entry: one for entry, one in last.items() if one.what != RESTORE}


def _standing(entry: ArenaEntry, judged: Sequence[Judged], ruling: Ruling | None, timed: bool) -> EntryStanding:
    firsts = [one for one in judged if not one.confirms]
    first = next((one for one in firsts if one.verdict != UNSETTLED), None)
    if first is None:
        last = firsts[-1] if firsts else None
        status = UNSETTLED if len(firsts) >= MOST_TRIES else WAITING
        return EntryStanding(entry, status, last, len(firsts), ruling)
    if first.verdict == ACCEPTED and first.score is None:
        return EntryStanding(entry, ACCEPTED, first, 0, ruling)
    if first.verdict != ACCEPTED or not timed:
        return EntryStanding(entry, CONFIRMED if first.verdict == ACCEPTED else first.verdict, first, 0, ruling)
    seconds = [one for one in judged if one.confirms == first.id]
    second = next((one for one in seconds if one.verdict != UNSETTLED), None)
    if second is None:
        return EntryStanding(entry, ACCEPTED, first, len(seconds), ruling)
    status = CONFIRMED if second.verdict == ACCEPTED and second.score is not None else second.verdict
    return EntryStanding(entry, status, second, 0, ruling, first)


def best_confirmed(standings: Iterable[EntryStanding]) -> dict[tuple[str, str], EntryStanding]:
    """By event and person, the confirmed entry with the highest score; of equal ones the first handed in."""
    best: dict[tuple[str, str], EntryStanding] = {}
    for one in standings:
        if one.status != CONFIRMED or one.annulled:
            continue
        known = best.get(place(one))
        if known is None or score_of(one) > score_of(known):
            best[place(one)] = one
    return best


def score_of(one: EntryStanding) -> float:
    """The score that counts, or would if it were confirmed; that of nothing is below all."""
    return one.counts.score if one.counts is not None and one.counts.score is not None else NOTHING


def to_judge(standings: Sequence[EntryStanding], *, again: bool = False) -> list[ToJudge]:
    """What waits for a verdict: of each entry the first, and of each person the best that may be a new best.

    `again` includes what was given up.
    """
    best, hopes = best_confirmed(standings), dict[tuple[str, str], EntryStanding]()
    found = []
    for one in standings:
        if one.annulled or (one.given_up and not again):
            continue
        if one.status in (WAITING, UNSETTLED):
            found.append(ToJudge(one.entry, "", utc(one.entry.created)))
        elif one.status == ACCEPTED and score_of(one) > NOTHING:
            known = hopes.get(place(one)) or best.get(place(one))
            if known is None or score_of(one) > score_of(known):
                hopes[place(one)] = one
    for hope in hopes.values():
        assert hope.counts is not None
        found.append(ToJudge(hope.entry, hope.counts.id, utc(hope.counts.created)))
    return found


def in_turn(waiting: Iterable[ToJudge], judged: Iterable[Judged], persons: Mapping[str, str]) -> list[ToJudge]:
    """The first of each person, in the order of their turns: who was just served waits behind the others.

    `persons` names whose each entry is.
    """
    served: dict[str, str] = {}
    for one in judged:
        person = persons.get(one.entry)
        if person is not None:
            served[person] = max(served.get(person, ""), utc(one.created))
    heads: dict[str, ToJudge] = {}
    for todo in sorted(waiting, key=lambda todo: (todo.since, todo.entry.id)):
        heads.setdefault(persons[todo.entry.id], todo)

    def turn(person: str) -> tuple[str, str, str]:
        since = heads[person].since
        return max(since, served.get(person, "")), since, heads[person].entry.id

    return [heads[person] for person in sorted(heads, key=turn)]


def _moment(one: ArenaEntry | Judged) -> tuple[str, str]:
    return utc(one.created), one.id


def place(one: EntryStanding) -> tuple[str, str]:
    """Its event and its person, who have one place on the board."""
    return one.entry.event, person_of(one.entry)


def person_of(entry: ArenaEntry) -> str:
    """Whose it is, as nicknames are compared."""
    return key_of(entry.person)
