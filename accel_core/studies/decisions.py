"""The way from slow code to fast code: six questions in order, each answered by two kernels timed here."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core import registry
from accel_core.model import Case, Measurement
from accel_core.studies.record import Record


@dataclass(frozen=True)
class Step:
    """One question, and the two kernels whose times answer it."""

    name: str
    question: str
    before: str
    after: str
    size: int
    """At which both are timed here where that is still to do."""
    lesson: str
    """What the ratio is the price of."""
    stop: str
    """When to go no further."""
    threads: bool = False
    """Whether `after` runs on all cores."""


STEPS = (
    Step(
        "library",
        "Is there a library that does it?",
        "matmul/python_loops",
        "matmul/numpy",
        128,
        "what one call of the library is worth against three loops of your own",
        "The library is fast enough: you are done, and somebody else mends it.",
    ),
    Step(
        "profile",
        "What is the time spent on?",
        "matmul/python_loops",
        "matmul/python_lists",
        128,
        "what making a Python object for each number costs: the arithmetic is the same, so no cache missed",
        "The time is where you cannot change it: measure something else.",
    ),
    Step(
        "algorithm",
        "Is there less to do?",
        "gelu/power_expression",
        "gelu/expression",
        1000,
        "what the power in x**3 costs against two multiplications, in the same passes over memory",
        "No step is wasted any more: the same work has to be done faster.",
    ),
    Step(
        "access pattern",
        "Does memory come in the order in which it lies?",
        "matmul/compiled_ijk",
        "matmul/compiled_ikj",
        1024,
        "what walking along rows instead of down columns brings, by exchanging two loops",
        "Every byte of a cache line is used: now the core itself is the limit.",
    ),
    Step(
        "vectorise",
        "Does each instruction do as much as it can?",
        "matmul/compiled_ikj",
        "matmul/packed",
        1024,
        "what packed panels and a tile of vector registers bring over a loop that the compiler vectorised",
        "The point is at its roof (page Roofline): one core has no more to give.",
    ),
    Step(
        "accelerator",
        "Is there more hardware?",
        "matmul/packed",
        "matmul/packed_threads",
        1024,
        "what all cores bring over one. No graphics processor is used here: that would be the next question",
        "All cores are busy, and no other device is there.",
        threads=True,
    ),
)


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
        for kernel, threads in ((step.before, 1), (step.after, cores if step.threads else 1))
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
    cores = record.machine.cores.allowed if step.threads else 1
    return [
        Case(step.before, step.size, threads=1, parameters=registry.usual(step.before)),
        Case(step.after, step.size, threads=cores, parameters=registry.usual(step.after)),
    ]
