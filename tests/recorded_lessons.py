"""Recorded lessons: what each lesson's job brought on a machine, thinned, as files that any test can read."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from accel_core import __version__
from accel_core.codec import PlainData
from accel_core.errors import AccelError
from accel_core.lessons import Lesson, Run
from accel_core.lessons.lesson import Job
from accel_core.model import Machine, Refusal

FOLDER = Path(__file__).parent / "lessons"
SUFFIX = ".json.gz"
FILES = tuple(sorted(FOLDER.glob(f"*{SUFFIX}")))
MOST_BYTES = 150_000
MOST_SAMPLES = (400, 200, 100, 50, 25)
"""Tried in turn until a file is small enough."""
DIGITS = 5
LEFT_OUT = {"gaps": "", "series": []}
"""Of a result, and needed by no lesson: when each sample began, and the pairs behind a ratio. The series of one
operation of a block is an object, and is kept: its share of the time is taken round by round."""


@dataclass(frozen=True)
class Recording:
    """One machine's answers."""

    label: str
    """Under which condition it was made."""
    machine: Machine
    lessons: dict[str, Any]
    """Name -> {"took_s", "results"}, or {"took_s", "why_not"} where it brought no answer."""

    def run(self, name: str) -> Run:
        """What a lesson brought; KeyError where it brought nothing."""
        data = {"machine": self.machine.to_dict(), "results": self.lessons[name]["results"]}
        return Run.from_dict(data)


def record(
    label: str,
    machine: Machine,
    lessons: Iterable[Lesson],
    run: Callable[[Job], Sequence[PlainData]],
    clock: Callable[[], float] = time.monotonic,
    tell: Callable[[str], None] = print,
) -> dict[str, Any]:
    """What every lesson brings on `machine`. One that fails or is refused is kept with its reason."""
    told: dict[str, Any] = {}
    for one in lessons:
        began_s = clock()
        try:
            found: dict[str, Any] = {"results": _results(one, machine, run)}
        except Exception as error:  # whatever one lesson does, the others are recorded
            found = {"why_not": str(error) if isinstance(error, AccelError) else repr(error)}
        told[one.name] = {"took_s": round(clock() - began_s, 1), **found}
        tell(f"{one.name}: {told[one.name]['took_s']} s {found.get('why_not', '')}".rstrip())
    return {"label": label, "program": __version__, "machine": machine.to_dict(), "lessons": told}


def _results(one: Lesson, machine: Machine, run: Callable[[Job], Sequence[PlainData]]) -> list[dict[str, Any]]:
    job = one.job(machine)
    results = run(job) if job else []
    refused = next((result for result in results if isinstance(result, Refusal)), None)
    if refused is not None:
        raise AccelError(refused.reason)
    found = Run(machine, results)
    one.reveal(None, found)
    told: list[dict[str, Any]] = found.to_dict()["results"]
    return told


def written(data: dict[str, Any]) -> bytes:
    """The file's bytes, with as many samples as MOST_BYTES allow. ValueError where the fewest are too many."""
    for most in MOST_SAMPLES:
        text = json.dumps(thinned(data, most), separators=(",", ":"))
        packed = gzip.compress(text.encode(), mtime=0)
        if len(packed) <= MOST_BYTES:
            return packed
    raise ValueError(f"{len(packed)} bytes with {most} samples each: more than {MOST_BYTES}.")


def thinned(data: Any, most: int) -> Any:
    """`data` with at most `most` entries in each list of samples, from all over it, in DIGITS digits."""
    if isinstance(data, dict):
        left_out = {name for name, value in data.items() if name in LEFT_OUT and not isinstance(value, dict)}
        return {n: LEFT_OUT[n] if n in left_out else thinned(value, most) for n, value in data.items()}
    if not isinstance(data, list | tuple):
        return data
    if data and all(isinstance(entry, float) for entry in data):
        every = -(-len(data) // most)
        return [float(f"{entry:.{DIGITS}g}") for entry in data[::every]]
    return [thinned(entry, most) for entry in data]


def read(path: Path) -> Recording:
    """The recording in a file."""
    data = json.loads(gzip.decompress(path.read_bytes()))
    return Recording(data["label"], Machine.from_dict(data["machine"]), data["lessons"])
