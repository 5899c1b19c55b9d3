"""What workloads say of themselves to the arena, and the starter code that follows from it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numba
import numpy as np
import pytest

from accel_core import registry
from accel_core.arena.event import ALL_THREADS, DIVISIONS, ONE_THREAD, OPEN, Event
from accel_core.arena.files import event
from accel_core.arena.starter import arrays_of, starter
from accel_core.bench.verify import AWKWARD_AXES
from accel_core.errors import BadInput
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES, Workload

ABLE = [one for one in registry.WORKLOADS if one.loops]
NAMES = [one.name for one in ABLE]


def event_of(problem: Workload, division: str, dtype: str = "float32") -> Event:
    return replace(event("matmul-one"), workload=problem.name, division=division, dtype=dtype)


def function_of(code: str, name: str) -> Any:
    found: dict[str, Any] = {}
    exec(compile(code, f"<{name}>", "exec"), found)
    return found[name]


def shapes(problem: Workload) -> list[tuple[int, ...]]:
    """One element, no two axes alike, and the same the other way round."""
    lengths = AWKWARD_AXES[: len(problem.axes)]
    return [(1,) * len(lengths), lengths, lengths[::-1]]


@pytest.mark.parametrize("problem", ABLE, ids=NAMES)
def test_what_a_workload_says_of_its_arrays_is_so(problem: Workload) -> None:
    names = [array.name for array in arrays_of(problem)]
    assert len(set(names)) == len(names) and all(name.isidentifier() for name in names) and problem.formula
    assert {axis for array in problem.inputs for axis in array.axes} == set(problem.axes)
    for shape in shapes(problem):
        inputs = problem.make_inputs(shape, "float32", 1)
        assert [x.shape for x in inputs] == [problem.lengths(array, shape) for array in problem.inputs]
        assert problem.output is not None
        assert problem.reference(*inputs).shape == problem.lengths(problem.output, shape)


@pytest.mark.parametrize("division", [ONE_THREAD, ALL_THREADS])
@pytest.mark.parametrize("problem", ABLE, ids=NAMES)
def test_starter_code_compiles_and_is_right(problem: Workload, division: str) -> None:
    plain = function_of(starter(event_of(problem, division)), problem.name)
    function = numba.njit(parallel=division == ALL_THREADS)(plain)
    for shape in shapes(problem):
        inputs = problem.make_inputs(shape, "float32", 2)
        assert problem.output is not None
        out = np.full(problem.lengths(problem.output, shape), np.nan, "float32")
        function(*inputs, out)
        error = max_relative_error(out, problem.reference(*inputs))
        assert error <= problem.tolerance(shape, "float32"), shape


def test_starter_code_of_the_open_division_compiles_itself() -> None:
    for problem in ABLE:
        open_, all_threads = (starter(event_of(problem, division)) for division in (OPEN, ALL_THREADS))
        assert open_.replace("njit, ", "").split("\ndef ")[1] == all_threads.split("\ndef ")[1]
        assert "@njit(parallel=True)\ndef " in open_ and "prange(" in open_
    gelu = next(one for one in ABLE if one.name == "gelu")
    function = function_of(starter(event_of(gelu, OPEN)), "gelu")
    (x,) = gelu.make_inputs((3, 5), "float32", 3)
    out = np.full_like(x, np.nan)
    function(x, out)
    assert function.signatures and max_relative_error(out, gelu.reference(x)) <= gelu.tolerance(
        (3, 5), "float32"
    )


def test_starter_code_says_what_it_is_given() -> None:
    problem = registry.workload("layer_norm")
    for division in DIVISIONS:
        code = starter(event_of(problem, division, DTYPES[1]))
        assert "x (rows, columns), gamma (columns,), beta (columns,), out (rows, columns): all float64" in code
        assert "def layer_norm(x, gamma, beta, out):\n    rows, columns = x.shape\n" in code
        assert ("prange" in code) == (division != ONE_THREAD)
        assert max(map(len, code.splitlines())) <= 100 and code.endswith("\n") and code.isascii()


def test_a_title_cannot_end_the_text_that_it_stands_in() -> None:
    odd = replace(event("matmul-one"), title='""" \\')
    assert function_of(starter(odd), "matmul").__name__ == "matmul"


def test_a_workload_without_loops_is_no_event() -> None:
    with pytest.raises(
        BadInput, match=r"Workload dot has no starter code; an event takes one of: matmul, gelu, "
    ):
        starter(event_of(registry.workload("dot"), ONE_THREAD))
