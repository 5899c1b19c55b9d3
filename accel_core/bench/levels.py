"""How fast the sentinel's probe is on a machine when nobody disturbs it: what earlier measurements saw.

A neighbour that is there all the time is seen only against such a memory: a process that began beside it has
never known anything else. What counts is the lower quartile of the newest KEPT levels. Their minimum would call
every measurement disturbed after one lucky moment of a high clock; their median would take for the rule a
neighbour that is there half of the time.

Where levels differ by themselves, as those of shared memory do, a drift counts that is also outside what is
usual: above the upper fence of Tukey (Exploratory Data Analysis, 1977), 1.5 quartile distances above the upper
quartile.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from statistics import quantiles

from accel_core.errors import AccelError
from accel_core.folders import data_folder

VERSION = 1
"""Of the probe: levels of another one say nothing."""
KEPT = 40
LEAST_FOR_A_FENCE = 8


class Levels:
    """Levels by name, kept in a file where one can be written, else for as long as the process lives."""

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._known: dict[str, list[float]] = _read(path)

    def undisturbed(self, name: str) -> float | None:
        """The lower quartile of what was seen; None where nothing was."""
        seen = sorted(self._known.get(name, ()))
        return seen[(len(seen) - 1) // 4] if seen else None

    def most(self, name: str) -> float | None:
        """The upper fence of what was seen; None where that is too little."""
        seen = self._known.get(name, ())
        if len(seen) < LEAST_FOR_A_FENCE:
            return None
        low, _, high = quantiles(seen, n=4, method="inclusive")
        return high + 1.5 * (high - low)

    def add(self, name: str, level: float) -> None:
        """Keep what a measurement saw."""
        self._known[name] = [*self._known.get(name, ()), level][-KEPT:]
        if self.path is not None:
            _write(self.path, self._known)


def levels_file() -> Path | None:
    """In the folder of the user's records; None where there is no such folder."""
    with suppress(AccelError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # who keeps the records says where they are kept
        return data_folder() / "sentinel.json"
    return None


def _read(path: Path | None) -> dict[str, list[float]]:
    """What a file holds; nothing where it is missing, damaged, or of another probe."""
    with suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
        data = json.loads(path.read_text(encoding="ascii")) if path is not None else {}
        if data["version"] == VERSION:
            return {str(name): [float(level) for level in seen] for name, seen in data["levels"].items()}
    return {}


def _write(path: Path, known: Mapping[str, list[float]]) -> None:
    """Put the file in its place whole: another process may read it meanwhile."""
    text = json.dumps({"version": VERSION, "levels": known})
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):  # a full or read-only folder costs the memory, not the measurement
        path.parent.mkdir(parents=True, exist_ok=True)
        new.write_text(text, encoding="ascii")
        new.replace(path)
