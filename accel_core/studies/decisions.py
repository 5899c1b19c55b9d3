"""The way from slow code to fast code: questions in order, each answered by two kernels timed here.

Which kernels these are, the rungs declare (`Kernel.lesson`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from accel_core import registry
from accel_core.model import Case, Kernel, Lesson, Measurement, Workload
from accel_core.studies.record import Record


@dataclass(frozen=True)
class Question:
    """One question of the walk."""

    name: str
    question: str
    stop: str
    """When to go no further."""


QUESTIONS = (
    Question(
        "library",
        "Is there a library that does it?",
        "The library is fast enough: you are done, and somebody else mends it.",
    ),
    Question(
        "profile",
        "What is the time spent on?",
        "The time is where you cannot change it: measure something else.",
    ),
    Question(
        "algorithm",
        "Is there less to do?",
        "No step is wasted any more: the same work has to be done faster.",
    ),
    Question(
        "access pattern",
        "Does memory come in the order in which it lies?",
        "Every byte of a cache line is used: now the core itself is the limit.",
    ),
    Question(
        "vectorise",
        "Does each instruction do as much as it can?",
        "The point is at its roof (page Roofline): one core has no more to give.",
    ),
    Question(
        "accelerator",
        "Is there more hardware?",
        "All cores are busy, and no other device is there.",
    ),
)


@dataclass(frozen=True)
class Step:
    """A question, and the two kernels whose times answer it."""

    asked: Question
    before: str
    after: str
    lesson: Lesson

    @property
    def name(self) -> str:
        """The question's name."""
        return self.asked.name


def steps(workloads: Sequence[Workload]) -> tuple[Step, ...]:
    """The questions in their order, each with the first rung of `workloads` that declares its answer."""
    declared: dict[str, Step] = {}
    for asked in QUESTIONS:
        for workload in workloads:
            for kernel in workload.kernels:
                if kernel.lesson and kernel.lesson.question == asked.name:
                    declared.setdefault(asked.name, _step(asked, workload, kernel, kernel.lesson))
    return tuple(declared.values())


def _step(asked: Question, workload: Workload, kernel: Kernel, lesson: Lesson) -> Step:
    before = workload.kernel(lesson.against) if lesson.against else workload.before(kernel)
    if before is None:
        raise ValueError(
            f"{kernel.id} answers {asked.name} and changes no rung: its lesson says against which."
        )
    return Step(asked, before.id, kernel.id, lesson)


STEPS = steps(registry.WORKLOADS)


@dataclass(frozen=True)
class Answer:
    """Two measurements of the same problem."""

    before: Measurement
    after: Measurement

    @property
    def ratio(self) -> float:
        """Time before / time after: above 1 the step pays."""
        return self.before.time_s.median / self.after.time_s.median


def answer(record: Record, step: Step) -> Answer | None:
    """The newest pair at the largest common size in float32; None where this machine has not timed both.

    A rung on all cores stands beside one on one core; all else is compared at one thread. What was timed with
    blocks that somebody chose (on the page Panels) says nothing about the kernel.
    """
    cores = record.machine.cores.allowed
    sides = [
        {
            m.size: m
            for m in reversed(record.measurements)
            if m.kernel == kernel and m.dtype == "float32" and m.threads == threads and _is_usual(m)
        }
        for kernel, threads in ((step.before, 1), (step.after, cores if step.lesson.cores else 1))
    ]
    common = set(sides[0]) & set(sides[1])
    return Answer(sides[0][max(common)], sides[1][max(common)]) if common else None


def _is_usual(m: Measurement) -> bool:
    """Whether every parameter stood at its default."""
    return all(
        m.parameters.get(p.name, p.default) == p.default for p in registry.kernel(m.kernel)[1].parameters
    )


def cases(record: Record, step: Step) -> list[Case]:
    """What has to be timed for the answer."""
    cores = record.machine.cores.allowed if step.lesson.cores else 1
    return [
        Case(step.before, step.lesson.size, threads=1, parameters=registry.usual(step.before)),
        Case(step.after, step.lesson.size, threads=cores, parameters=registry.usual(step.after)),
    ]
