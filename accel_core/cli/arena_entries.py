"""`accel arena rule`, `code` and `history`: one entry, or those of one person."""

from __future__ import annotations

from argparse import Namespace
from typing import TYPE_CHECKING, Any

from accel_core.arena import files
from accel_core.cli import arena_text as text
from accel_core.cli.jobs import warn_of_damage
from accel_core.cli.output import Answer
from accel_core.cli.passphrase import passphrase
from accel_core.errors import BadInput, quoted
from accel_core.readings.arena_statement import code_opens

if TYPE_CHECKING:
    from accel_core.studies.arena import Past


def rule(options: Namespace) -> Answer:
    """Store a ruling. Whoever types this may write the store, which is more than a presenter may."""
    from accel_core.store import Store
    from accel_core.studies import arena as desk

    made = desk.rule(options.entry, options.what, options.reason, browser=None, store=Store())
    return Answer({"ruling": made.to_dict()}, text.ruled(made))


def code(options: Namespace) -> Answer:
    """The code of an entry, as it came in --json, and in text with all that is hidden made visible."""
    from accel_core.store import Entries, Store
    from accel_core.studies import arena as desk

    store = Store()
    found = Entries(store).entry(options.entry)
    if found is None:
        raise BadInput(f"There is no entry {quoted(options.entry)}.")
    event, who = files.event(found.event), _signed_in(options.nickname)
    read = desk.code_of(found.id, event, person=who, store=store)
    if read is None:
        opens = code_opens(event, hidden=desk.is_hidden(found.id, store=store))
        raise BadInput(f"{opens} Its author reads it with --nickname.")
    return Answer({"entry": found.id, "event": event.name, "code": read}, text.code(read))


def history(options: Namespace) -> Answer:
    """What one person handed in, to one event or to all, for that person."""
    from accel_core.machine import detect
    from accel_core.store import Store
    from accel_core.studies import arena as desk

    event = files.event(options.event).name if options.event else ""
    who, store = _signed_in(options.nickname), Store()
    fingerprint = options.machine or detect().fingerprint
    past = desk.history(who, fingerprint, event, store=store)
    warn_of_damage(store)
    data = {"nickname": who, "fingerprint": fingerprint, "entries": [_told(one) for one in past]}
    return Answer(data, text.history(past))


def _told(past: Past) -> dict[str, Any]:
    """Without the code, which history does not read."""
    data = past.to_dict()
    return {**data, "entry": {name: value for name, value in data["entry"].items() if name != "code"}}


def _signed_in(nickname: str) -> str:
    """The nickname, once its passphrase was shown; empty where none was given."""
    from accel_core.studies import arena as desk

    if not nickname:
        return ""
    desk.signed_in(nickname)  # else a nickname that is free would be taken
    return desk.sign_in(nickname, passphrase(nickname))
