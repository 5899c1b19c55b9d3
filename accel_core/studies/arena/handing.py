"""Handing in and trying out: what is taken, from whom, and how often."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from accel_core.arena.event import MOST_CODE_BYTES, Event
from accel_core.errors import BadInput, quoted
from accel_core.model import ArenaEntry, Machine
from accel_core.pool import measured_machine
from accel_core.runner import submit
from accel_core.runner.job import Event as JobEvent
from accel_core.runner.job import Job
from accel_core.runner.visitors import Visitor
from accel_core.store import Entries, Store
from accel_core.store.moments import utc
from accel_core.studies.arena.board import is_over
from accel_core.studies.arena.people import sign_in, signed_in
from accel_core.studies.arena.roofs import measured_roofs
from accel_core.studies.arena.tries import HOUR_S, Tries

_tries = Tries()


def check_code(given: bytes | str) -> str:
    """The text of a submission; BadInput where it is too long or no UTF-8. Nothing else is looked at."""
    raw = given.encode("utf-8", "surrogatepass") if isinstance(given, str) else given
    if len(raw) > MOST_CODE_BYTES:
        raise BadInput(f"The file is longer than {MOST_CODE_BYTES // 1024} KiB, the most that is taken.")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput(
            f"The file is no UTF-8 text, from its byte {error.start} on: save it as UTF-8."
        ) from None


def may_hand_in(event: Event, now: str = "") -> str:
    """Why nothing is taken for `event` now, in a sentence; empty where submissions are taken."""
    from accel_core.wall import standing

    if is_over(event, now or _now()):
        return f"The event {event.name} closed at {event.deadline[:16].replace('T', ' ')} UTC."
    wall = standing()
    return "" if wall.stands else f"No submissions are taken: the wall does not stand. {wall.reason}"


def hand_in(
    event: Event,
    person: str,
    passphrase: str | None,
    code: bytes | str,
    *,
    open: bool = False,
    built_on: str = "",
    visitor: Visitor | None = None,
    store: Store | None = None,
    tries: Tries = _tries,
) -> ArenaEntry:
    """The entry, stored: from then on it waits for its verdict, whatever happens to this process.

    A nickname that is free is taken with this passphrase; None stands for somebody who has signed in. Raises
    BadInput, with one sentence, for what is not taken, QueueFull where the `visitor`'s address asked for as
    much within the hour as may be, and StoreUnavailable where it cannot be stored: then nothing was handed in.
    """
    text, records = check_code(code), Entries(store or Store())
    if reason := may_hand_in(event):
        raise BadInput(reason)
    if built_on:
        _check_built_on(built_on, event, records)
    if visitor is not None:
        tries.check_address(visitor)
    if passphrase is None:
        nickname = signed_in(person, store=records.store)
    else:
        address = visitor.address if visitor is not None else ""
        nickname = sign_in(person, passphrase, address=address, store=records.store)
    _check_hour(event, records.entries(nickname=nickname))
    made = ArenaEntry(uuid.uuid4().hex, event.name, nickname, text, _now(), open, built_on)
    records.add(made)
    if visitor is not None:
        tries.count_entry(visitor)
    return made


def _check_hour(event: Event, own: list[ArenaEntry]) -> None:
    """BadInput where a person handed in as often within the hour as may be."""
    hour_ago = utc((datetime.now(UTC) - timedelta(seconds=HOUR_S)).isoformat())
    recent = [utc(entry.created) for entry in own if utc(entry.created) > hour_ago]
    if len(recent) < event.tries_per_hour:
        return
    first = sorted(recent)[-event.tries_per_hour]
    free = datetime.fromisoformat(first) + timedelta(seconds=HOUR_S)
    raise BadInput(
        f"You handed in {len(recent)} times within an hour ({event.tries_per_hour} is the most): the next is "
        f"taken from {free:%H:%M} UTC on."
    )


def _check_built_on(id: str, event: Event, records: Entries) -> None:
    found = records.entry(id)
    if found is None or found.event != event.name:
        raise BadInput(f"There is no entry {quoted(id)} in {event.name} to build on: correct or omit it.")


def try_job(
    event: Event, code: str, *, store: Store | None = None, machine: Machine | None = None, walled: bool
) -> dict[str, Any]:
    """The job that tries `code` out: printed sizes and little time. Its verdict is not stored."""
    roofs = measured_roofs(event, store or Store(), machine or measured_machine())
    return judge_job(event, code, roofs, tried=True, walled=walled)


def judge_job(
    event: Event,
    code: str,
    roofs: Any,
    *,
    entry: str = "",
    confirms: str = "",
    tried: bool = False,
    walled: bool = True,
) -> dict[str, Any]:
    """The job whose result is one verdict."""
    return {
        "kind": "arena",
        "event": event.to_dict(),
        "code": code,
        "entry": entry,
        "confirms": confirms,
        "tried": tried,
        "ceilings": [one.to_dict() for one in roofs],
        "walled": walled,
    }


def try_out(
    event: Event,
    code: bytes | str,
    owner: str,
    *,
    visitor: Visitor | None = None,
    on_event: Callable[[JobEvent], None] | None = None,
    store: Store | None = None,
    machine: Machine | None = None,
    tries: Tries = _tries,
) -> Job:
    """The queued job that tries `code` out behind the wall, for `owner` (a page's session).

    BadInput where the wall does not stand or the code is not taken; QueueFull where the `visitor` tried as
    often within the hour as may be, all of one address did, or one has a job waiting.
    """
    from accel_core.wall import standing

    text, wall = check_code(code), standing()
    if not wall.stands:
        raise BadInput(f"Nothing is tried out here: the wall does not stand. {wall.reason}")
    if visitor is not None:
        tries.check_browser(visitor, event.tries_per_hour)
        tries.check_address(visitor)
    records, here = store or Store(), machine or measured_machine()
    job = try_job(event, text, store=records, machine=here, walled=True)
    queued = submit(job, owner, store=records, machine=here, on_event=on_event, visitor=visitor)
    if visitor is not None:
        tries.count_try(visitor)
    return queued


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
