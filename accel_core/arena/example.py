"""A worked example of an event, small enough to be read and to be worked out by hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.arena.event import Event
from accel_core.arena.starter import problem_of
from accel_core.model import Shape
from accel_core.units import format_number

EXAMPLE_AXES = (2, 3, 2)
"""Lengths of the last axes; those before them have one entry."""
_SEED = 14
DIGITS = 4
"""Of an expected number, as it is shown."""
MOST_ENTRIES = 64
"""Of an array that is shown; of a longer one, nothing could be read."""


@dataclass(frozen=True)
class Example:
    """Inputs with their names, and what is expected of them."""

    shape: Shape
    inputs: tuple[tuple[str, NDArray[Any]], ...]
    output: str
    expected: NDArray[Any]
    """The float64 reference."""

    @property
    def tables(self) -> tuple[tuple[str, str], ...]:
        """(name, table as text) of each input and of the output."""
        return (*((name, table(x)) for name, x in self.inputs), (self.output, table(self.expected)))


def example(event: Event) -> Example:
    """The worked example of an event. Its inputs are what the workload makes, rounded to a tenth."""
    problem = problem_of(event)
    assert problem.output is not None
    shape = example_shape(len(problem.axes))
    inputs = tuple(np.round(x, 1) for x in problem.make_inputs(shape, event.dtype, _SEED))
    names = tuple(array.name for array in problem.inputs)
    return Example(
        shape, tuple(zip(names, inputs, strict=True)), problem.output.name, problem.reference(*inputs)
    )


def example_shape(axes: int) -> Shape:
    """The shape of an example: (2, 3, 2), or (1, 1, 2, 3, 2)."""
    return ((1,) * axes + EXAMPLE_AXES)[-axes:] if axes >= len(EXAMPLE_AXES) else EXAMPLE_AXES[:axes]


def table(array: NDArray[Any]) -> str:
    """An array as lines of numbers, right-aligned; axes of one entry before the last two are left out."""
    if array.size > MOST_ENTRIES:
        return f"{array.size} numbers"
    rows = array.reshape(-1, array.shape[-1]) if array.ndim else array.reshape(1, 1)
    texts = [[_text(float(number)) for number in row] for row in rows]
    width = max((len(text) for row in texts for text in row), default=0)
    return "\n".join("  ".join(text.rjust(width) for text in row) for row in texts)


def _text(number: float) -> str:
    """A tenth as it is, everything else with four digits."""
    tenth = round(number, 1)
    return f"{tenth + 0:g}" if abs(number - tenth) < 1e-6 else format_number(number, DIGITS)
