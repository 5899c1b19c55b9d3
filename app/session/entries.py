"""What the arena's store holds, for every page run: read once until something comes.

Where the store cannot be read there is nothing; the page has said so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

from accel_core.arena.event import Event
from accel_core.errors import StoreUnavailable
from accel_core.model import ArenaEntry, Verdict
from accel_core.store import Entries
from accel_core.studies import arena as desk
from app.session import cached

Known = TypeVar("Known")
DIGITS = 8
"""Of a fingerprint that stands for a machine."""


def _read(otherwise: Known, ask: Callable[[Entries], Known], *key: str, machine: str = "") -> Known:
    """`ask(records)`, kept until something comes into the store: of the arena, or roofs of `machine`."""
    try:
        records = Entries(cached.store())
        at = (records.mark(), cached.stored(machine).number if machine else 0, *key)
        kept = cached.arena().get(at)
        if kept is None:
            kept = (ask(records),)  # the answer may be None
            cached.arena().put(at, kept)
    except StoreUnavailable:
        return otherwise
    return kept[0]


def board(event: Event, fingerprint: str) -> tuple[desk.BoardRow, ...]:
    """The board of `event` on one machine, best first."""

    def ask(records: Entries) -> tuple[desk.BoardRow, ...]:
        return tuple(desk.board(event, fingerprint, store=records.store))

    return _read((), ask, "board", event.name, fingerprint, machine=fingerprint)


def roofs(event: Event, fingerprint: str) -> desk.RoofsToday | None:
    """What the scores of a board are held against; None where no roof of that machine is known."""

    def ask(records: Entries) -> desk.RoofsToday | None:
        return desk.roofs_today(event, fingerprint, records.store)

    return _read(None, ask, "roofs", event.name, fingerprint, machine=fingerprint)


def history(person: str, event: Event) -> tuple[desk.Past, ...]:
    """What `person` handed in to `event`, newest first, as it stands on this machine."""
    here = cached.machine().fingerprint

    def ask(records: Entries) -> tuple[desk.Past, ...]:
        return tuple(desk.history(person, here, event.name, store=records.store))

    return _read((), ask, "history", event.name, person, machine=here) if person else ()


def entry(id: str) -> ArenaEntry | None:
    """One entry; None where there is none."""
    return _read(None, lambda records: records.entry(id), "entry", id)


def verdict(id: str) -> Verdict | None:
    """One verdict under the roofs that are known now; None where there is none."""
    then = verdict_then(id)
    if then is None:
        return None

    def ask(records: Entries) -> Verdict | None:
        return desk.verdict_today(id, records.store)

    return _read(None, ask, "verdict today", id, machine=then.fingerprint)


def verdict_then(id: str) -> Verdict | None:
    """One verdict as it was when it was made; None where there is none."""
    return _read(None, lambda records: records.verdict(id), "verdict", id) if id else None


def is_hidden(entry: str) -> bool:
    """Whether the presenter hid an entry, by the last ruling on it."""
    return _read(False, lambda records: desk.is_hidden(entry, store=records.store), "hidden", entry)


def last_verdict(entry: str) -> str:
    """The id of the newest verdict on an entry; empty where there is none."""

    def ask(records: Entries) -> str:
        judged = records.judged(entry=entry)
        return judged[-1].id if judged else ""

    return _read("", ask, "last verdict", entry)


def machines(event: Event) -> Mapping[str, str]:
    """Fingerprints of other machines that judged entries of `event`, by their first digits."""
    here = cached.machine().fingerprint

    def ask(records: Entries) -> dict[str, str]:
        others = {one.fingerprint for one in records.judged(event.name)} - {here, ""}  # misses have no machine
        return {one[:DIGITS]: one for one in sorted(others)}

    return _read({}, ask, "machines", event.name, here)


def missing_roofs(event: Event) -> Mapping[str, object] | None:
    """The job that measures the roofs which `event` is judged by; None where they are known."""
    here = cached.machine()

    def ask(records: Entries) -> Mapping[str, object] | None:
        return desk.missing_roofs(event, store=records.store, machine=here)

    return _read(None, ask, "missing roofs", event.name, machine=here.fingerprint)
