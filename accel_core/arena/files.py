"""Event files: TOML that is read into events, every fault told in one sentence.

A file makes one event, or one for each of its tables `[divisions.one]`, `[divisions.all]` and
`[divisions.open]`: named NAME-one and so on, with what the table says in place of what stands above it.
"""

from __future__ import annotations

import os
import tomllib
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from accel_core.arena.event import DIVISIONS, Event
from accel_core.arena.fields import checked
from accel_core.errors import AccelWarning, BadInput, printable, quoted, unknown
from accel_core.folders import opened

VARIABLE = "ACCEL_ARENA_EVENTS"
"""Names a folder with further event files."""
DIVISION_TITLES = dict(
    zip(DIVISIONS, ("no library, one thread", "no library, all threads", "open"), strict=True)
)
BUILT_IN = Path(__file__).parent / "events"
MOST_BYTES = 1 << 20


def events() -> tuple[Event, ...]:
    """All events: those that come with the program, then those of the folder that ACCEL_ARENA_EVENTS names.

    A file of that folder that cannot be used, or that names an event anew, is left out with a warning, so that
    it does not take the others along.
    """
    found = {event.name: event for event in _built_in()}
    for path in _further():
        try:
            more = read_events(path)
            known = next((event.name for event in more if event.name in found), None)
            if known is not None:
                raise BadInput(f"{path.name}: there is an event {known!r} already; give it another name.")
        except BadInput as fault:
            warnings.warn(str(fault), AccelWarning, stacklevel=2)
            continue
        found |= {event.name: event for event in more}
    return tuple(found.values())


def event(name: str) -> Event:
    """The event called `name`; BadInput with the nearest name where there is none."""
    known = {one.name: one for one in events()}
    found = known.get(name) if isinstance(name, str) else None
    if found is None:
        raise BadInput(unknown("event", name, known, f"there are: {', '.join(known)}"))
    return found


def read_events(path: Path) -> tuple[Event, ...]:
    """The events of one file; BadInput where it cannot be read, and for its first fault."""
    try:
        with opened(path) as file:
            raw = file.read(MOST_BYTES + 1)
        if len(raw) > MOST_BYTES:
            raise BadInput(f"{path.name} is larger than 1 MiB, which no event file needs.")
        return events_in(raw.decode("utf-8"), path.name)
    except OSError as error:
        raise BadInput(f"{path} cannot be read ({error.strerror}): name a file with an event.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path.name} is not UTF-8 text, as TOML is.") from None


def events_in(text: str, where: str) -> tuple[Event, ...]:
    """The events of one file's text; BadInput for its first fault, which begins with `where`."""
    try:
        try:
            table = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError) as error:
            raise BadInput(f"it is no TOML ({str(error) or 'nested too deep'}).") from None
        return tuple(checked(one) for one in _one_by_one(table))
    except BadInput as fault:
        raise BadInput(f"{printable(where)}: {fault}") from None


def _one_by_one(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What stands in a file, as one table for each of its events."""
    shared = {key: value for key, value in table.items() if key != "divisions"}
    divisions = table.get("divisions")
    if divisions is None:
        return [shared]
    if "division" in shared:
        raise BadInput("division and divisions are both given; one of them is allowed.")
    if not isinstance(divisions, dict) or not divisions:
        raise BadInput(f"divisions is {quoted(divisions)}; give tables such as [divisions.one].")
    made = []
    for name, own in divisions.items():
        if name not in DIVISIONS:
            raise BadInput(unknown("division", name, DIVISIONS, f"there are: {', '.join(DIVISIONS)}"))
        if not isinstance(own, dict):
            raise BadInput(f"divisions.{name} is {quoted(own)}; give a table.")
        kept = next((key for key in ("name", "division") if key in own), None)
        if kept:
            raise BadInput(f"divisions.{name} has {kept}, which follows from its table; leave it out.")
        of_table: dict[str, Any] = {"division": name}
        if isinstance(shared.get("name"), str):
            of_table["name"] = f"{shared['name']}-{name}"
        if isinstance(shared.get("title"), str):
            of_table["title"] = f"{shared['title']}, {DIVISION_TITLES[name]}"
        made.append({**shared, **of_table, **own})
    return made


@cache
def _built_in() -> tuple[Event, ...]:
    return tuple(event for path in sorted(BUILT_IN.glob("*.toml")) for event in read_events(path))


def _further() -> list[Path]:
    folder = os.environ.get(VARIABLE, "").strip()
    if not folder:
        return []
    if not Path(folder).is_dir():
        warnings.warn(
            f"{VARIABLE} is {quoted(folder)}, which is no folder, so its events are left out.",
            AccelWarning,
            stacklevel=3,
        )
    return sorted(Path(folder).glob("*.toml"))
