"""What an instructor asks for: lessons, experiments and questions, with a hash of its meaning.

An assignment is written as TOML (`reading.py`); comments, spaces and the order of keys change nothing in it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from accel_core.codec import PlainData, kinds, made
from accel_core.model import Case, Machine

ALL = "all"
"""In place of a number of threads: all that the program may use."""
Threads = int | str


def threads_on(machine: Machine, threads: Threads) -> int:
    """The number that `threads` is on a machine."""
    return machine.cores.allowed if threads == ALL else int(threads)


@dataclass(frozen=True, slots=True)
class Ladder(PlainData):
    """All rungs of a workload at one size, in turns of their own."""

    id: str
    workload: str
    size: int | None = None
    """None stands for the workload's own."""
    dtype: str = "float32"
    threads: Threads = 1
    budget_s: float = 1.0
    """For each kernel."""
    text: str = ""
    """What the student is told beside it."""

    def cases(self, machine: Machine) -> list[Case]:
        """A case for each rung; those that run on one thread only have one."""
        from accel_core.registry import workload

        problem, threads = workload(self.workload), threads_on(machine, self.threads)
        size = problem.default_size if self.size is None else self.size
        return [
            Case(rung.id, size, self.dtype, threads if rung.threaded else 1, rung.defaults)
            for rung in problem.kernels
        ]


@dataclass(frozen=True, slots=True)
class Sweep(PlainData):
    """Kernels at several values of one setting: their size, threads, or a parameter such as the block."""

    id: str
    kernels: tuple[str, ...]
    over: str
    values: tuple[int, ...]
    size: int | None = None
    dtype: str = "float32"
    threads: Threads = 1
    budget_s: float = 1.0
    text: str = ""

    def cases(self, machine: Machine) -> list[Case]:
        """A case for each kernel and value."""
        from accel_core.registry import kernel

        found = []
        for name in self.kernels:
            problem, rung = kernel(name)
            threads = threads_on(machine, self.threads) if rung.threaded else 1
            settings = {"size": self.size or problem.default_size, "threads": threads}
            for value in self.values:
                chosen = settings | ({self.over: value} if self.over in settings else {})
                parameters = rung.defaults | ({} if self.over in settings else {self.over: value})
                found.append(Case(rung.id, chosen["size"], self.dtype, chosen["threads"], parameters))
        return found


@dataclass(frozen=True, slots=True)
class Roofline(PlainData):
    """The roofs of the machine, on which all that was measured is then drawn."""

    id: str
    dtypes: tuple[str, ...] = ("float32",)
    threads: tuple[Threads, ...] = (1, ALL)
    budget_s: float = 20.0
    """For all roofs."""
    text: str = ""

    def cases(self, machine: Machine) -> list[Case]:
        """None: it times roofs, no kernels."""
        return []


Experiment = Ladder | Sweep | Roofline
KINDS: dict[str, type[Experiment]] = kinds(Experiment)
"""What `kind` may be in an assignment."""


def job(experiment: Experiment, machine: Machine) -> dict[str, Any]:
    """What `runner.spec.check` takes: all of an experiment in one job."""
    if isinstance(experiment, Roofline):
        threads = sorted({threads_on(machine, count) for count in experiment.threads})
        found: dict[str, Any] = {"kind": "peaks", "dtypes": list(experiment.dtypes), "threads": threads}
    else:
        found = {"kind": "bench", "cases": [case.to_dict() for case in experiment.cases(machine)]}
    return found | {"budget_s": experiment.budget_s}


@dataclass(frozen=True, slots=True)
class Question(PlainData):
    """A question that is answered in the student's own words."""

    id: str
    text: str


@dataclass(frozen=True, slots=True)
class Assignment(PlainData):
    """What an instructor asks for. Ids are unique among lessons, experiments and questions."""

    title: str
    text: str = ""
    """What the student is told first."""
    lessons: tuple[str, ...] = ()
    """Their names."""
    experiments: tuple[Experiment, ...] = ()
    questions: tuple[Question, ...] = ()
    optional: frozenset[str] = field(default_factory=frozenset)
    """Ids of what may be left out; all else is required."""

    def to_dict(self) -> dict[str, Any]:
        """As plain data, each experiment with its `kind`."""
        told = [{"kind": one.called(), **one.to_dict()} for one in self.experiments]
        return {**asdict(self), "experiments": told, "optional": sorted(self.optional)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Assignment:
        """The assignment in `data`, as `to_dict` has it; KeyError, TypeError or ValueError where it is none."""
        told = tuple(KINDS[one["kind"]].from_dict(one) for one in data["experiments"])
        return made(cls, {**data, "experiments": told, "optional": frozenset(data["optional"])})

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all that is asked, in the order of its parts."""
        return (*self.lessons, *(one.id for one in self.experiments), *(one.id for one in self.questions))

    @property
    def hash(self) -> str:
        """SHA-256 of its meaning, in hexadecimal digits."""
        meaning = json.dumps(self.to_dict(), sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(meaning.encode("ascii")).hexdigest()

    def requires(self, one: str) -> bool:
        """Whether the lesson, experiment or question of this id has to be done."""
        return one not in self.optional
