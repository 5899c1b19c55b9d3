"""Starter code: a file that compiles, is correct and is slow, out of what the workload says of itself."""

from __future__ import annotations

import textwrap

from accel_core import registry
from accel_core.arena.event import ALL_THREADS, MISSES, ONE_THREAD, OPEN, Event
from accel_core.arena.orders import order_starter
from accel_core.errors import BadInput
from accel_core.model import Array, Workload

WIDTH = 96
"""Characters of a line of its text, before the quotes."""
_HINTS = {
    ONE_THREAD: "",
    ALL_THREADS: "# The turns of a prange are shared out among the threads; those of a range are not.\n",
    OPEN: "# Anything that is installed may be called instead of this.\n@njit(parallel=True)\n",
}


def problem_of(event: Event) -> Workload:
    """The workload of an event; BadInput where it does not say its arrays and loops, which an event needs."""
    problem = registry.workload(event.workload)
    if not problem.loops or not problem.inputs or problem.output is None:
        able = [one.name for one in registry.WORKLOADS if one.loops]
        raise BadInput(
            f"Workload {problem.name} has no starter code; an event takes one of: {', '.join(able)}."
        )
    return problem


def arrays_of(problem: Workload) -> tuple[Array, ...]:
    """The inputs and the output, in the order in which a submitted function takes them."""
    return (*problem.inputs, *([problem.output] if problem.output else []))


def signature(problem: Workload) -> str:
    """ "matmul(a, b, out)"."""
    return f"{problem.name}({', '.join(array.name for array in arrays_of(problem))})"


def shape_text(array: Array) -> str:
    """ "(m, k)"."""
    return f"({', '.join(array.axes)}{',' if len(array.axes) == 1 else ''})"


def starter(event: Event) -> str:
    """The file that an event begins with."""
    if event.kind == MISSES:
        return order_starter(event)
    problem = problem_of(event)
    threads = event.division != ONE_THREAD
    loops = problem.loops.strip("\n") if threads else problem.loops.strip("\n").replace("prange(", "range(")
    groups = [
        _docstring(event, problem),
        "import math" if "math." in loops else "",
        "\n".join(
            [
                *(["import numpy as np"] if "np." in loops else []),
                *([f"from numba import {'njit, ' if event.division == OPEN else ''}prange"] if threads else []),
            ]
        ),
        f"\n{_HINTS[event.division]}def {signature(problem)}:",
    ]
    body = textwrap.indent("\n".join([*_lengths(problem), loops]), "    ")
    return "\n\n".join(filter(None, groups)) + f"\n{body}\n"


def _docstring(event: Event, problem: Workload) -> str:
    """The title, the formula, and the arrays with their shapes."""
    arrays = [f"{array.name} {shape_text(array)}" for array in arrays_of(problem)]
    said = [f"{event.title}: {problem.formula}.", f"{', '.join(arrays)}: all {event.dtype}, row by row."]
    text = "\n\n".join(textwrap.fill(one, WIDTH, break_on_hyphens=False) for one in said)
    return '"""' + text.replace("\\", "/").replace('"', "'") + '\n"""'


def _lengths(problem: Workload) -> list[str]:
    """The lines that name the lengths of the axes: "m, k = a.shape"."""
    known: set[str] = set()
    lines = []
    for array in problem.inputs:
        new = [axis for axis in array.axes if axis not in known]
        if len(array.axes) > 1 and new == list(array.axes):
            lines.append(f"{', '.join(array.axes)} = {array.name}.shape")
        else:
            lines += [f"{axis} = {array.name}.shape[{array.axes.index(axis)}]" for axis in new]
        known |= set(new)
    return lines
