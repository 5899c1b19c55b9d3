"""The ladders softmax and layer_norm: limits, exactness against sums that round once, what they allocate."""

from __future__ import annotations

import math

import numpy as np
import pytest

from accel_core.backends import CompiledBackend
from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels.layer_norm.compiled import layer_norm_compiled
from accel_core.kernels.layer_norm.interpreted import layer_norm_in_place
from accel_core.kernels.layer_norm.workload import LAYER_NORM
from accel_core.kernels.softmax.workload import SOFTMAX
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES, Workload

NAMES = ("python_loops", "numpy", "in_place", "compiled", "compiled_threads")
WHOLE = NAMES[1:]
"""Rungs that any number may be given to; the interpreted ones follow Python's rules for infinity."""


@pytest.mark.parametrize("problem", [SOFTMAX, LAYER_NORM], ids=lambda w: w.name)
def test_the_ladders_of_rows_are_alike(problem: Workload) -> None:
    assert tuple(kernel.name for kernel in problem.kernels) == NAMES
    assert [kernel.name for kernel in problem.kernels if kernel.writes_out] == list(NAMES[2:])


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_references_agree_with_sums_that_round_once(dtype: str) -> None:
    (x,) = SOFTMAX.make_inputs((3, 50), dtype, 1)
    for row, told in zip(x.tolist(), SOFTMAX.reference(x), strict=True):
        total = math.fsum(math.exp(v) for v in row)
        assert max_relative_error(told, [math.exp(v) / total for v in row]) < 1e-15
    x, gamma, beta = LAYER_NORM.make_inputs((3, 50), dtype, 1)
    for row, told in zip(x.tolist(), LAYER_NORM.reference(x, gamma, beta), strict=True):
        mean = math.fsum(row) / 50
        root = math.sqrt(math.fsum((v - mean) ** 2 for v in row) / 50 + 1e-5)
        exact = [g * (v - mean) / root + b for g, v, b in zip(gamma.tolist(), row, beta.tolist(), strict=True)]
        assert max_relative_error(told, exact) < 1e-14


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", WHOLE)
def test_softmax_keeps_its_limits(name: str, dtype: str) -> None:
    inf, nan = math.inf, math.nan
    rows = [[0, -inf, 0], [0, inf, 0], [0, nan, 0], [-inf] * 3, [1000, 0, -1000], [-1e30, -1e30, -1e30]]
    masked, infinite, unknown, nothing, far, low = SOFTMAX.kernel(name).function(np.array(rows, dtype))
    assert masked.tolist() == [0.5, 0, 0.5]
    assert np.isnan(infinite).any() and np.isnan(unknown).all() and np.isnan(nothing).all()
    assert far.tolist() == [1, 0, 0]
    np.testing.assert_allclose(low, 1 / 3, rtol=2 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [1, 3, 4, 5, 15, 16, 17, 1000])
def test_shares_of_a_row_add_up_to_one_wherever_the_largest_stands(columns: int, dtype: str) -> None:
    x = np.zeros((columns, columns), dtype) + 90 * np.eye(columns, dtype=dtype)
    y = SOFTMAX.kernel("compiled").function(x)
    np.testing.assert_allclose(y.sum(axis=1, dtype=np.float64), 1, rtol=1e-6)
    assert (y.argmax(axis=1) == np.arange(columns)).all()


@pytest.mark.parametrize("eps", [0.0, 1e-5, 3.0])
@pytest.mark.parametrize("function", [layer_norm_in_place, layer_norm_compiled])
def test_eps_stands_under_the_root(function, eps: float) -> None:
    x = np.array([[1.0, 3.0], [2.0, 6.0]])
    expected = [
        [-1 / math.sqrt(1 + eps), 1 / math.sqrt(1 + eps)],
        [-2 / math.sqrt(4 + eps), 2 / math.sqrt(4 + eps)],
    ]
    np.testing.assert_allclose(function(x, np.ones(2), np.zeros(2), eps=eps), expected, rtol=1e-15)


def test_a_far_away_mean_costs_layer_norm_few_digits() -> None:
    """Two passes: the sum of squares is of differences, so it cannot cancel."""
    x = (np.random.default_rng(3).normal(size=(4, 1000)) + 1e6).astype(np.float64)
    told = layer_norm_compiled(x, np.ones(1000), np.zeros(1000))
    np.testing.assert_allclose(
        told, (x - 1e6 - (x - 1e6).mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5), atol=1e-8
    )


@pytest.mark.parametrize("problem", [SOFTMAX, LAYER_NORM], ids=lambda w: w.name)
@pytest.mark.parametrize("name", NAMES[2:])
def test_a_rung_that_is_given_its_result_allocates_next_to_nothing(problem: Workload, name: str) -> None:
    inputs = problem.make_inputs((1000, 1000), "float32", 2)
    out = np.empty((1000, 1000), np.float32)
    function = problem.kernel(name).function
    function(*inputs, out=out)
    assert peak_alloc_bytes(lambda: function(*inputs, out=out)) < 0.02 * out.nbytes


@pytest.mark.parametrize("name", ["softmax", "layer_norm"])
@pytest.mark.parametrize("threads", [False, True], ids=["one thread", "threads"])
def test_large_arrays_of_many_axes_are_handled_row_by_row(name: str, threads: bool) -> None:
    function = getattr(CompiledBackend(threads), name)
    x = np.random.default_rng(4).normal(size=(2, 8, 1 << 14, 8)).astype(np.float32)
    whole = function(x)
    assert whole.shape == x.shape
    assert np.array_equal(whole[1, 2, :9], function(x[1, 2, :9]))
    turned = x.transpose(2, 0, 1, 3)
    assert np.array_equal(function(turned), whole.transpose(2, 0, 1, 3))
