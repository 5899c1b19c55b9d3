"""What the kinds of jobs share that time cases of kernels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accel_core import registry
from accel_core.errors import BadInput, quoted
from accel_core.model import Case, Machine
from accel_core.model.limits import LIMIT_S
from accel_core.runner.kinds.kind import COMPILE_S, MAX_BUDGET_S, JobData, seconds

if TYPE_CHECKING:
    from accel_core.bench.duration import Experience

CALLS = 6
"""Calls of a kernel outside its measuring time: to verify, fill a sample, see its memory, one begun late."""

COMPILED = ("compiled", "packed")
"""Families of kernels with machine code of their own."""


def timed(job: JobData, data: dict[str, Any], cases: int) -> tuple[dict[str, Any], float]:
    """`data` with the budget and the limit of each of so many `cases`, and the seconds that all may take."""
    budget_s = seconds(job, "budget_s", 2.0)
    limit_s = seconds(job, "limit_s", LIMIT_S, MAX_BUDGET_S)
    derived_s = COMPILE_S * (1 + cases / 40) + cases * (budget_s + CALLS * limit_s)
    return {**data, "budget_s": budget_s, "limit_s": limit_s}, derived_s


def checked_case(data: Any, machine: Machine) -> dict[str, Any]:
    """A case as data, with its defaults; BadInput where it cannot be run on `machine`."""
    if not isinstance(data, Mapping):
        raise BadInput(f"A case is a mapping with kernel and size; given: {quoted(data)}.")
    try:
        case = Case.from_dict(data)
    except (TypeError, ValueError) as error:
        if isinstance(error, BadInput):
            raise
        raise BadInput(
            f"A case has names for its parameters and numbers for its shape; given: {quoted(data)}."
        ) from None
    return registry.validate(case, machine).to_dict()


def compiling_each_s(steps: Sequence[Sequence[Case]], experience: Experience) -> list[float]:
    """Seconds to compile what the kernels of each step need, at the registry's pace."""
    from accel_core.runner.compiling import compiling_s

    roots = [[_compiled(case.kernel) for case in step] for step in steps]
    cases = [case for step in steps for case in step if _compiled(case.kernel)]
    ran = [root for case in cases if experience.knows(case) and (root := _compiled(case.kernel))]
    each_s = iter(compiling_s([root for step in roots for root in step if root], {c.dtype for c in cases}, ran))
    return [sum(next(each_s) for root in step if root) for step in roots]


def _compiled(kernel: str) -> Callable[..., Any] | None:
    """The function of a compiled rung; None for another: compiled code that it reaches is for odd input."""
    rung = registry.kernel(kernel)[1]
    return rung.function if rung.family in COMPILED else None
