"""Boards and histories: what everybody sees of an event, and what one person sees of their own entries."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from accel_core.arena.event import MISSES, Event
from accel_core.arena.files import events
from accel_core.arena.ranking import WITHIN, Standing, ranked
from accel_core.arena.repeatability import spread, widened
from accel_core.codec import PlainData
from accel_core.model import ArenaEntry, Ruling
from accel_core.store import Entries, Judged, Store
from accel_core.store.moments import utc
from accel_core.store.persons import key_of
from accel_core.studies.arena.standing import (
    CONFIRMED,
    MOST_TRIES,
    EntryStanding,
    best_confirmed,
    last_rulings,
    place,
    score_of,
    standings,
    to_judge,
)
from accel_core.studies.arena.today import rescored_all

HIDDEN = "hidden"
"""In place of the nickname where the presenter hid it."""


@dataclass(frozen=True, slots=True)
class BoardRow(PlainData):
    """The best confirmed entry of a person, or an entry that was annulled."""

    rank: int | None
    """None where it was annulled; those stand last."""
    shared: bool
    """Whether another row has the same rank."""
    person: str
    """HIDDEN where the presenter hid it."""
    score: float | None
    low: float | None
    high: float | None
    """The interval of both judgings. Of entries that count, where five people or more stand on the board, it is
    at least as wide as two judgings of the same code differ there (repeatability.py)."""
    entry: str
    verdict: str
    """Id of the verdict that counts: the confirming one."""
    when: str
    """When it was handed in."""
    built_on: str
    """Whose entry it is built on: a nickname, empty where it names none."""
    ruled: str = ""
    """"hide" or "annul", where the presenter decided that."""
    reason: str = ""
    """And why."""
    readable: bool = False
    """Whether everybody may read its code now."""


@dataclass(frozen=True, slots=True)
class Past(PlainData):
    """One entry of somebody's history."""

    entry: ArenaEntry
    """Without its code."""
    status: str
    """As EntryStanding.status says it."""
    counts: Judged | None
    verdicts: tuple[Judged, ...]
    """All of this machine, oldest first."""
    best: bool
    """Whether it is the one that stands on the board."""
    said: str
    """In a sentence, where it stands."""
    waits: bool
    """Whether a verdict on it is still to come."""
    ruling: Ruling | None = None


def clockless(known: Iterable[Event] | None = None) -> frozenset[str]:
    """The names of the events that need no clock."""
    return frozenset(one.name for one in (events() if known is None else known) if one.kind == MISSES)


def board(event: Event, fingerprint: str, *, store: Store | None = None, now: str = "") -> list[BoardRow]:
    """The board of one event on one machine: the best confirmed entry of each person, best first.

    All scores are held against the roofs of that machine that are known now.
    """
    records = Entries(store or Store())
    entries = records.entries(event.name)
    judged = rescored_all(records.judged(event.name), [event], records)
    return board_of(event, fingerprint, entries, judged, records.rulings(), now=now)


def board_of(
    event: Event,
    fingerprint: str,
    entries: Sequence[ArenaEntry],
    judged: Sequence[Judged],
    rulings: Sequence[Ruling] = (),
    *,
    now: str = "",
) -> list[BoardRow]:
    """The board of one event on one machine out of records, wherever they were kept."""
    found = standings(entries, judged, rulings, fingerprint, clockless([event]))
    persons = {entry.id: entry.person for entry in entries}
    hidden = {one.entry.id for one in found if one.hidden}
    at = now or _now()
    counted = {one.entry.id: one for one in found if one.status == CONFIRMED and not one.annulled}
    ends = _ends(counted.values())

    def row(one: EntryStanding, rank: int | None, shared: bool) -> BoardRow:
        on = one.entry.built_on
        ruling, counts = one.ruling, one.counts
        return BoardRow(
            rank,
            shared,
            HIDDEN if one.hidden else one.entry.person,
            counts.score if counts else None,
            *ends.get(one.entry.id, one.interval),
            one.entry.id,
            counts.id if counts else "",
            one.entry.created,
            HIDDEN if on in hidden else persons.get(on, ""),
            ruling.what if ruling else "",
            ruling.reason if ruling else "",
            may_read(one.entry, event, ruling, at),
        )

    within = 0.0 if event.kind == MISSES else WITHIN
    places = ranked(_for_ranks(counted.values(), ends), within)
    rows = [row(counted[one.standing.entry], one.rank, one.shared) for one in places]
    return rows + [row(one, None, False) for one in found if one.annulled and one.status == CONFIRMED]


def _ends(counted: Collection[EntryStanding]) -> dict[str, tuple[float | None, float | None]]:
    """The interval of each entry: of both judgings, and as wide as those of the same code differ here."""
    pairs = [
        (score_of(best), best.confirms.score)
        for best in best_confirmed(counted).values()
        if best.confirms is not None and best.confirms.score is not None
    ]
    differ = spread(pairs)
    return {one.entry.id: widened(score_of(one), *one.interval, differ) for one in counted}


def _for_ranks(
    counted: Collection[EntryStanding], ends: Mapping[str, tuple[float | None, float | None]]
) -> list[Standing]:
    """Confirmed entries as ranks are made of them; of a person's equally good ones only the first."""
    best = best_confirmed(counted)
    found = []
    for one in counted:
        first = best[place(one)]
        if one.counts is not None and (one is first or score_of(one) < score_of(first)):
            found.append(Standing(key_of(one.entry.person), one.entry.id, score_of(one), *ends[one.entry.id]))
    return found


def history(person: str, fingerprint: str, event: str = "", *, store: Store | None = None) -> list[Past]:
    """What `person` handed in, to one event or to all, newest first, as it stands on one machine."""
    records = Entries(store or Store())
    own = records.entries(event or None, person)
    ids = {entry.id for entry in own}
    known = events()
    own_verdicts = (one for one in records.judged(event or None) if one.entry in ids)
    judged = rescored_all(own_verdicts, known, records)
    without_clock = clockless(known)
    found = standings(own, judged, records.rulings(), fingerprint, without_clock)
    best = {one.entry.id for one in best_confirmed(found).values()}
    coming = {todo.entry.id for todo in to_judge(found)}
    return [
        Past(
            one.entry,
            one.status,
            one.counts,
            tuple(j for j in judged if j.entry == one.entry.id and _is_of(j, fingerprint, without_clock)),
            one.entry.id in best,
            _said(one, best=one.entry.id in best, waits=one.entry.id in coming),
            one.entry.id in coming,
            one.ruling,
        )
        for one in reversed(found)
    ]


def _is_of(judged: Judged, fingerprint: str, without_clock: frozenset[str]) -> bool:
    return judged.fingerprint == fingerprint or judged.event in without_clock


def _said(one: EntryStanding, *, best: bool, waits: bool) -> str:
    """Where an entry stands, in a sentence."""
    if one.annulled and one.ruling is not None:
        return f"It was annulled: {one.ruling.reason}"
    if one.given_up:
        return f"The machine was disturbed {MOST_TRIES} times, so it was not scored: hand it in again."
    if one.status == "waiting":
        return "It waits for its verdict." + (" The machine was disturbed." if one.tries else "")
    if one.status == "accepted":
        if waits:
            return "It was accepted, and is judged once more, because it may be your best."
        if one.counts is not None and one.counts.score is None:
            return one.counts.reason
        return "It was accepted; your best is better, so it is not judged once more."
    if one.status == CONFIRMED:
        return "It is your best: it stands on the board." if best else "It was confirmed; another is better."
    return one.counts.reason if one.counts is not None else ""


def code_of(
    entry: str, event: Event, *, person: str = "", store: Store | None = None, now: str = ""
) -> str | None:
    """The code of an entry, for `person` who signed in or for everybody; None where they may not read it."""
    records = Entries(store or Store())
    found = records.entry(entry)
    if found is None or found.event != event.name:
        return None
    own = bool(person) and key_of(person) == key_of(found.person)
    ruling = last_rulings(records.rulings(entry)).get(entry)
    return found.code if own or may_read(found, event, ruling, now or _now()) else None


def may_read(entry: ArenaEntry, event: Event, ruling: Ruling | None, now: str) -> bool:
    """Whether everybody may read its code: after the deadline, or at once where its author says so."""
    if ruling is not None and ruling.what == "hide":
        return False
    return entry.open or is_over(event, now)


def is_over(event: Event, now: str) -> bool:
    """Whether the deadline of `event` has passed."""
    return bool(event.deadline) and utc(now) > utc(event.deadline)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
