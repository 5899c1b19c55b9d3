"""What a presenter decides about an entry: hidden, annulled or restored, with a reason that all see."""

from __future__ import annotations

from datetime import UTC, datetime

from accel_core.errors import BadInput, quoted
from accel_core.hall import gate
from accel_core.hall.gate import Gate
from accel_core.model import Ruling
from accel_core.store import Entries, Store
from accel_core.studies.arena.standing import HIDE, RULINGS, last_rulings

LONGEST_REASON = 300


def rule(
    entry: str,
    what: str,
    reason: str,
    *,
    browser: str | None,
    store: Store | None = None,
    door: Gate | None = None,
) -> Ruling:
    """Store a ruling: "hide" (name and code are not shown), "annul" (it does not count) or "restore".

    BadInput where `browser` has not shown the presenter's token, for an unknown entry, and without a reason. No
    browser is a program of an account that may write the store: it needs no token.
    """
    if browser is not None and not (door or gate()).knows(browser):
        raise BadInput("Only the presenter may do that: show the token first, as on the page Lecture hall.")
    if what not in RULINGS:
        raise BadInput(f"{quoted(what)} is no ruling: use {', '.join(RULINGS)}.")
    said = " ".join(reason.split())
    if not said or len(said) > LONGEST_REASON or not said.isprintable():
        raise BadInput(f"Give a reason that all may read, in at most {LONGEST_REASON} characters.")
    records = Entries(store or Store())
    if records.entry(entry) is None:
        raise BadInput(f"There is no entry {quoted(entry)}.")
    made = Ruling(entry, what, said, datetime.now(UTC).isoformat(timespec="microseconds"))
    records.add(made)
    return made


def is_hidden(entry: str, *, store: Store | None = None) -> bool:
    """Whether the presenter hid an entry, by the last ruling on it."""
    last = last_rulings(Entries(store or Store()).rulings(entry)).get(entry)
    return last is not None and last.what == HIDE
