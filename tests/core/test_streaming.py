"""The ladders add, scale, triad and dot: their work, what the compiler made of them, what they allocate."""

from __future__ import annotations

import math
import re

import numba
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_matmul import HOUSE, PACKED_ADD, SCALAR_ADD, innermost_loops, widest_registers

from accel_core import registry
from accel_core.bench import limit
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import compiled
from accel_core.kernels.dot.workload import DOT
from accel_core.kernels.streaming.workload import ADD, SCALE, TRIAD
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import detect
from accel_core.model import DTYPES, Case, Workload

STREAMS = (ADD, SCALE, TRIAD)
NAMES = ("python_loop", "numpy", "in_place", "compiled", "compiled_threads")


@pytest.mark.parametrize("problem", STREAMS, ids=lambda w: w.name)
def test_the_ladders_of_vectors_are_alike(problem: Workload) -> None:
    assert tuple(kernel.name for kernel in problem.kernels) == NAMES
    assert [kernel.name for kernel in problem.kernels if kernel.writes_out] == list(NAMES[2:])


@pytest.mark.parametrize(
    ("problem", "flop", "arrays"), [(ADD, 1, 3), (SCALE, 1, 2), (TRIAD, 2, 3), (DOT, 2, 2)]
)
def test_work_and_traffic_are_as_stream_and_blas_count_them(problem: Workload, flop: int, arrays: int) -> None:
    assert problem.flop((1000,)) == flop * 1000
    assert problem.least_bytes((1000,), "float64") == arrays * 8000


@pytest.mark.parametrize("problem", STREAMS, ids=lambda w: w.name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_tolerance_would_not_let_a_forgotten_element_or_half_the_digits_pass(
    problem: Workload, dtype: str
) -> None:
    inputs = problem.make_inputs((1000,), dtype, 1)
    right = problem.reference(*inputs)
    for wrong in (np.roll(right, 1), right.astype(np.float16), np.where(np.arange(1000) == 999, 0, right)):
        assert max_relative_error(wrong, right) > 10 * problem.tolerance((1000,), dtype)


@pytest.mark.parametrize("problem", STREAMS, ids=lambda w: w.name)
def test_vectors_may_be_longer_than_a_matrix_has_rows(problem: Workload) -> None:
    case = Case(f"{problem.name}/compiled", 10**8)
    assert registry.validate(case, detect()).size == 10**8


@pytest.mark.parametrize("problem", STREAMS, ids=lambda w: w.name)
@pytest.mark.parametrize("name", NAMES[1:])
def test_only_the_allocating_rung_makes_an_array(problem: Workload, name: str) -> None:
    kernel = problem.kernel(name)
    inputs = problem.make_inputs((1 << 20,), "float32", 2)
    given = {"out": np.empty(1 << 20, np.float32)} if kernel.writes_out else {}
    kernel.function(*inputs, **given)
    extra = peak_alloc_bytes(lambda: kernel.function(*inputs, **given)) / inputs[0].nbytes
    assert extra == pytest.approx(0 if kernel.writes_out else 1, abs=0.01)


# -- what the compiler made of them --------------------------------------------------------------------------

PACKED = {
    "x86": {
        "float32": r"\tv?(?:add|mul|fmadd\d+)ps\s.*{register}",
        "float64": r"\tv?(?:add|mul|fmadd\d+)pd\s.*{register}",
    },
    "arm": {
        "float32": r"\tf(?:add|mul|mla)(?:\.4s|\s+v\d+\.4s|\s+z\d+\.s)",
        "float64": r"\tf(?:add|mul|mla)(?:\.2d|\s+v\d+\.2d|\s+z\d+\.d)",
    },
}


def loops_of(problem: Workload, name: str, dtype: str, **fastmath: object) -> list[str]:
    """Innermost loops of a rung's nest, compiled anew as its decorator does: cached code has no assembly."""
    options = {**compiled.OPTIONS, **compiled._STREAMED, **fastmath}
    dispatcher = numba.njit(**options)(problem.kernel(name).core)
    inputs = problem.make_inputs((4,), dtype, 0)
    for x in inputs:
        x.flags.writeable = False
    dispatcher(*inputs, *([] if problem is DOT else [np.zeros(4, dtype)]))
    (assembly,) = dispatcher.inspect_asm().values()
    return innermost_loops(assembly)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("problem", STREAMS, ids=lambda w: w.name)
def test_the_compiled_loop_works_on_whole_vectors(problem: Workload, dtype: str) -> None:
    packed = re.compile(PACKED[HOUSE][dtype].format(register=widest_registers()))
    assert any(packed.search(loop) for loop in loops_of(problem, "compiled", dtype))


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_dot_product_adds_vectors_only_where_its_additions_may_change_places(dtype: str) -> None:
    free = {"fastmath": {"contract", "reassoc", "nsz"}}
    assert any(
        re.search(PACKED_ADD[HOUSE][dtype], loop) for loop in loops_of(DOT, "compiled_lanes", dtype, **free)
    )
    ordered = loops_of(DOT, "compiled", dtype)
    assert any(re.search(SCALAR_ADD[HOUSE], loop) for loop in ordered)
    assert not any(re.search(PACKED_ADD[HOUSE][dtype], loop) for loop in ordered)


# -- dot -----------------------------------------------------------------------------------------------------


def test_one_running_sum_keeps_the_order_of_the_python_loop() -> None:
    x, y = (v.astype(np.float64) for v in DOT.make_inputs((5000,), "float32", 3))  # products are exact
    assert DOT.kernel("compiled").function(x, y) == DOT.kernel("python_loop").function(x, y)


@pytest.mark.parametrize("n", [1, 2, 10, 100, 10_000])
def test_the_dot_product_of_the_inputs_does_not_cancel(n: int) -> None:
    for seed in range(20):
        x, y = DOT.make_inputs((n,), "float64", seed)
        exact = math.fsum(a * b for a, b in zip(x, y, strict=True))
        assert exact > 0.05 * math.sqrt(n)
        assert abs(float(DOT.reference(x, y)) - exact) < 1e-15 * n


@given(n=st.integers(0, 30_000), dtype=st.sampled_from(DTYPES))
def test_threads_sum_parts_and_the_parts_sum_up(n: int, dtype: str) -> None:
    x, y = DOT.make_inputs((n,), dtype, n)
    for threads in (1, 2):
        with limit(threads):
            total = DOT.kernel("compiled_threads").function(x, y)
        assert total.dtype == dtype
        assert max_relative_error(total, DOT.reference(x, y)) <= DOT.tolerance((n,), dtype)
