"""All halls of this server, each in a file of its own: a server that starts again goes on where it was."""

from __future__ import annotations

import json
import logging
import os
import secrets
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from accel_core.errors import AccelError
from accel_core.folders import data_folder
from accel_core.hall.hall import Hall

LOG = logging.getLogger("accel_explorer")
LETTERS = "CDFHJKMPRTWXY"
"""None is taken for another, in print or in capitals on a blackboard; no vowels, so that they make no word."""
LONG = 4
RECENT = 20


def folder() -> Path:
    """Where this user's halls lie."""
    return data_folder() / "halls"


class Halls:
    """The halls that were opened, by their codes."""

    def __init__(self, where: Callable[[], Path] = folder) -> None:
        self._where = where
        self._lock = threading.Lock()
        self._halls: dict[str, Hall] = {}

    def open(self, lessons: Sequence[str]) -> Hall:
        """A new hall under a code that no other has. BadInput where it has no lesson."""
        with self._lock:
            code = self._new_code()
            hall = self._halls[code] = Hall(code, lessons)
        self.keep(hall)
        return hall

    def find(self, given: str) -> Hall | None:
        """The hall of the code that was given, in small letters or capitals; None where there is none."""
        code = given.strip().upper()
        if not given.isascii() or len(code) != LONG or not set(code) <= set(LETTERS):
            return None
        with self._lock:
            if code not in self._halls and (hall := self._read(code)) is not None:
                self._halls[code] = hall
            return self._halls.get(code)

    def recent(self) -> list[Hall]:
        """Those opened last, the newest first."""
        try:
            codes = {path.stem for path in self._where().glob("*.json")}
        except (OSError, AccelError):
            codes = set()
        found = [hall for code in codes | self._halls.keys() if (hall := self.find(code)) is not None]
        return sorted(found, key=lambda hall: -hall.opened)[:RECENT]

    def keep(self, hall: Hall) -> None:
        """Write the hall into its file, whole or not at all; those who wait meanwhile share the next write."""
        wanted = hall.changes
        with hall.keeping:
            if hall.kept >= wanted:
                return
            with hall.lock:
                number, text = hall.changes, json.dumps(hall.to_dict())
            try:
                path = self._path(hall.code)
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                draft = path.with_name(f"{path.name}.{os.getpid()}")
                draft.write_text(text, encoding="ascii")
                draft.replace(path)
            except (OSError, AccelError) as fault:
                LOG.warning("hall %s was not kept: %s", hall.code, fault)
                hall.unkept = f"This hall is not kept over a restart of the server: {type(fault).__name__}."
                return
            hall.kept, hall.unkept = number, ""

    def forget(self) -> None:
        """Know only what lies in files, as a server that has just started."""
        with self._lock:
            self._halls.clear()

    def _path(self, code: str) -> Path:
        return self._where() / f"{code}.json"

    def _read(self, code: str) -> Hall | None:
        try:
            hall = Hall.from_dict(json.loads(self._path(code).read_text(encoding="ascii")))
            return hall if hall.code == code else None
        except FileNotFoundError:
            return None
        except (OSError, AccelError, ValueError, KeyError, TypeError) as fault:
            LOG.warning("hall %s cannot be read: %s", code, fault)
            return None

    def _new_code(self) -> str:
        while True:
            code = "".join(secrets.choice(LETTERS) for _ in range(LONG))
            if code not in self._halls and not self._is_taken(code):
                return code

    def _is_taken(self, code: str) -> bool:
        try:
            return self._path(code).exists()
        except (OSError, AccelError):  # then nothing is kept, and no file is in the way
            return False


HALLS = Halls()
"""This server's."""
