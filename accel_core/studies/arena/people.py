"""Signing in: a nickname and its passphrase. The first who uses a nickname has it."""

from __future__ import annotations

from accel_core.errors import BadInput, StoreUnavailable, quoted
from accel_core.runner.visitors import network
from accel_core.store import Entries, Person, Store
from accel_core.store.persons import checked_nickname, person_now
from accel_core.studies.arena.tries import Limit

WRONG, WITHIN_S = 10, 60.0
"""Wrong passphrases for one nickname from one address."""
_wrong = Limit(WRONG, WITHIN_S)


def is_known(nickname: str, store: Store | None = None) -> bool:
    """Whether somebody has this nickname; BadInput where it is none."""
    return Entries(store or Store()).person(checked_nickname(nickname)) is not None


def signed_in(nickname: str, store: Store | None = None) -> str:
    """The nickname as it was first written; BadInput where nobody has it."""
    person = Entries(store or Store()).person(checked_nickname(nickname))
    if person is None:
        raise BadInput(f"Nobody has the nickname {quoted(nickname)}: sign in with a passphrase first.")
    return person.nickname


def sign_in(
    nickname: str, passphrase: str, *, address: str = "", store: Store | None = None, wrong: Limit = _wrong
) -> str:
    """The nickname as it was first written. Where nobody has it yet, it is taken with this passphrase.

    BadInput, with one sentence, where the passphrase is another one, or too many were tried from `address`.
    """
    name, records = checked_nickname(nickname), Entries(store or Store())
    person = records.person(name)
    if person is None:
        person = _taken(person_now(name, passphrase), records)
    key = (person.key, network(address))
    if wrong.reached(key):
        raise BadInput(f"That was {WRONG} wrong passphrases within a minute: wait a minute, then try again.")
    if not person.fits(passphrase):
        wrong.count(key)
        raise BadInput(
            f"{quoted(person.nickname)} has another passphrase: try again, or take a nickname that is free."
        )
    return person.nickname


def _taken(person: Person, records: Entries) -> Person:
    """Who has the nickname now: somebody else may have been first."""
    try:
        records.add(person)
    except StoreUnavailable:
        found = records.person(person.nickname)  # a database on a server refuses the later of two
        if found is None:
            raise
        return found
    return records.person(person.nickname) or person
