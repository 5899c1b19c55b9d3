"""FLOP of one call: of a workload at the shape that its arguments have, or as they were counted elsewhere."""

from __future__ import annotations

import math
from typing import Any

from accel_core import registry
from accel_core.errors import BadInput, quoted, whole
from accel_core.model import Shape, Workload

Problem = str | tuple[str, Shape]
"""A workload's name, its shape read off the arguments; or (name, shape)."""


def flop_count(workload: Problem, *args: Any) -> int:
    """FLOP of one call of a workload: of `(name, shape)`, or of its name at the shape that its arguments have.

    Raises BadInput for an unknown workload and for arguments or a shape that are not of it.
    """
    if isinstance(workload, tuple) and len(workload) == 2:
        problem, shape = registry.workload(workload[0]), tuple(workload[1])
    else:
        problem = registry.workload(workload)
        shape = _shape_of(problem, args)
    if len(shape) != len(problem.axes) or any(length < 0 for length in shape):
        raise BadInput(f"shape is {shape}; {problem.name} needs {', '.join(problem.axes)}.")
    return problem.flop(shape)


def flop_of(workload: Problem | None, flop: int | None, args: tuple[Any, ...]) -> int | None:
    """What was counted as `flop`, or what one call of `workload` takes; BadInput where both are given."""
    if workload is None:
        return None if flop is None else whole_number("flop", flop)
    if flop is not None:
        raise BadInput("Both workload and flop were given: one of them says how many FLOP there are.")
    return flop_count(workload, *args)


def _shape_of(problem: Workload, args: tuple[Any, ...]) -> Shape:
    """The shape of `problem` that these arguments have, leading axes of a stack counted as rows."""
    shapes = [tuple(arg.shape) for arg in args if hasattr(arg, "shape")]
    if problem.axes == ("m", "k", "n"):
        if len(shapes) >= 2 and len(shapes[1]) == 2 and shapes[0][-1:] == shapes[1][:1]:
            return math.prod(shapes[0][:-1]), *shapes[1]
    elif shapes and len(problem.axes) == 1:
        return (math.prod(shapes[0]),)
    elif shapes and shapes[0] and len(problem.axes) == 2:
        return math.prod(shapes[0][:-1]), shapes[0][-1]
    raise BadInput(
        f"The shape of {problem.name} cannot be read off these arguments: "
        f"give workload=({quoted(problem.name)}, ({', '.join(problem.axes)}))."
    )


def whole_number(name: str, value: object, least: int = 0) -> int:
    """`value` as an int, NumPy's own whole numbers too; BadInput for anything but one from `least` on."""
    number = whole(value, least)
    if number is None:
        raise BadInput(f"{name} is {quoted(value)}; give a whole number from {least} on.")
    return number
