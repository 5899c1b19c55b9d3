"""What a student hands in: one `pack.json` with every guess, sample and answer, in memory as plain records.

In the file, samples are whole nanoseconds (`model.packed`), and what many parts share stands once: `machines`
and `environments`, to which parts refer by number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from accel_core.codec import PlainData, made
from accel_core.doctor import Check
from accel_core.homework.shared import Shared, at, readable
from accel_core.lessons.run import Run
from accel_core.model import Environment, Machine, Measurement, Peaks, Refusal
from accel_core.model.answers import Guess

SCHEMA = 1
USUAL_BYTES = 200_000
"""What a pack of a usual assignment takes at most."""
MOST_RECORDS = 5000
"""Lessons, results, measurements, refusals and roofs of one pack; a usual one has some hundred."""


def seed_of(student: str, assignment_hash: str) -> int:
    """The seed of a student's deterministic parts: 32 bits of SHA-256 of both."""
    return int.from_bytes(hashlib.sha256(f"{assignment_hash}\n{student}".encode()).digest()[:4], "big")


@dataclass(frozen=True, slots=True)
class Fixed(PlainData):
    """What is computed, not measured: equal for everybody with the same seed, on every machine."""

    intensities: Mapping[str, float]
    """FLOP/B of the least traffic of each workload that the assignment measures."""
    traversal: str
    """Which traversal the seed chose, in words."""
    misses: int
    """Of that traversal, in a simulated cache."""
    inputs: str
    """SHA-256 of matrices of whole numbers that the seed draws."""
    checksum: int
    """Of their product, in float64, which holds such numbers exactly."""


@dataclass(frozen=True, slots=True)
class LessonDone(PlainData):
    """One lesson: what was guessed, and the run that answered it."""

    lesson: str
    guess: Guess | None
    created: str
    """ISO 8601, UTC: when the run had ended."""
    run: Run
    known_since: str = ""
    """ISO 8601, UTC: when a run had answered the lesson before the guess was made; empty where none had."""


@dataclass(frozen=True, slots=True)
class ExperimentDone(PlainData):
    """One experiment: what was measured of its cases, and why others were not. Roofs stand in `Pack.peaks`."""

    id: str
    measurements: tuple[Measurement, ...] = ()
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Pack(PlainData):
    """All of one student's homework."""

    schema: int
    student: str
    """As typed."""
    title: str
    """Of the assignment."""
    assignment_hash: str
    program: str
    """The version that made it."""
    seed: int
    begun: str
    """ISO 8601, UTC: when the assignment was opened first."""
    created: str
    """ISO 8601, UTC."""
    machine: Machine
    environment: Environment
    fixed: Fixed
    checks: tuple[Check, ...] = ()
    """Of `accel doctor`, when the pack was made."""
    peaks: Peaks | None = None
    lessons: tuple[LessonDone, ...] = ()
    experiments: tuple[ExperimentDone, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    """Id of a question -> the student's words."""
    missing: tuple[str, ...] = ()
    """What is still to do, a sentence each, as the student was told."""

    def measurements(self) -> list[Measurement]:
        """All of them, of lessons and experiments, in the order of the parts; each id once."""
        return list({m.id: m for m in self.each_measurement()}.values())

    def each_measurement(self) -> list[Measurement]:
        """The same as often as parts hold them."""
        found = [m for done in self.lessons for m in done.run.every(Measurement)]
        return found + [m for done in self.experiments for m in done.measurements]

    def to_dict(self) -> dict[str, Any]:
        """As it stands in the file."""
        shared = Shared()
        lessons = [
            {
                "lesson": done.lesson,
                "guess": None if done.guess is None else done.guess.to_dict(),
                "created": done.created,
                "machine": shared.machine(done.run.machine),
                "results": [shared.result(result) for result in done.run.results],
                "known_since": done.known_since,
            }
            for done in self.lessons
        ]
        experiments = [
            {
                "id": done.id,
                "measurements": [shared.measurement(m) for m in done.measurements],
                "refusals": [refusal.to_dict() for refusal in done.refusals],
            }
            for done in self.experiments
        ]
        peaks = None if self.peaks is None else self.peaks.to_dict()
        if peaks is not None:
            peaks["environment"] = shared.environment(peaks["environment"])
        plain = ("schema", "student", "title", "assignment_hash", "program", "seed", "begun", "created")
        return {
            **{name: getattr(self, name) for name in plain},
            "machine": shared.machine(self.machine),
            "environment": shared.environment(self.environment.to_dict()),
            "fixed": self.fixed.to_dict(),
            "checks": [asdict(check) for check in self.checks],
            "peaks": peaks,
            "lessons": lessons,
            "experiments": experiments,
            "answers": dict(self.answers),
            "missing": list(self.missing),
            "machines": shared.machines,
            "environments": shared.environments,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Pack:
        """The pack in `data`; one of `shared.DAMAGE` where they hold none."""
        if (count := _records(data)) > MOST_RECORDS:
            raise ValueError(f"it holds {count} records, and {MOST_RECORDS} are the most")
        shared = Shared(list(data["machines"]), list(data["environments"]))
        lessons = tuple(
            LessonDone(
                str.__str__(one["lesson"]),
                None if one["guess"] is None else Guess.from_dict(one["guess"]),
                str.__str__(one["created"]),
                Run(shared.read_machine(one["machine"]), [shared.read_result(r) for r in one["results"]]),
                str.__str__(one.get("known_since", "")),
            )
            for one in data["lessons"]
        )
        experiments = tuple(
            ExperimentDone(
                str.__str__(one["id"]),
                tuple(shared.read_measurement(m) for m in one["measurements"]),
                tuple(Refusal.from_dict(refusal) for refusal in one["refusals"]),
            )
            for one in data["experiments"]
        )
        peaks = data["peaks"]
        if peaks is not None:
            peaks = {**peaks, "environment": at(shared.environments, peaks["environment"])}
        whole = {
            **data,
            "machine": at(shared.machines, data["machine"]),
            "environment": at(shared.environments, data["environment"]),
            "peaks": peaks,
            "lessons": (),  # which are read already, as they refer to shared parts
            "experiments": (),
        }
        read = made(cls, whole)
        shared.count(read.peaks.series() if read.peaks is not None else ())
        return replace(read, lessons=lessons, experiments=experiments)


def _records(data: Mapping[str, Any]) -> int:
    """How many records the data of a pack hold."""
    lessons = [len(one["results"]) + 1 for one in data["lessons"]]
    experiments = [len(one["measurements"]) + len(one["refusals"]) + 1 for one in data["experiments"]]
    kinds = ("ceilings", "latencies", "curve") if data["peaks"] is not None else ()
    return sum([*lessons, *experiments, *(len(data["peaks"][kind]) for kind in kinds)])


def pack_text(pack: Pack) -> str:
    """The file `pack.json`: one line, in ASCII."""
    return json.dumps(pack.to_dict(), separators=(",", ":"), allow_nan=False) + "\n"


def read_pack(text: str) -> Pack:
    """The pack in the text of a file; BadInput with a sentence where it holds none."""
    return readable(text, Pack.from_dict)
