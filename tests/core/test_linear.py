"""The ladder linear: exactness against sums that round once, blocks and cells, what it allocates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import fork_join, pool
from accel_core.kernels.linear import compiled
from accel_core.kernels.linear.workload import LINEAR
from accel_core.kernels.matmul.blocking import blocking
from accel_core.kernels.matmul.plan import Plan
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES

NAMES = [kernel.name for kernel in LINEAR.kernels]
PACKED = [name for name in NAMES if name.startswith("packed")]
LENGTH = st.integers(0, 9)


def exact(x: np.ndarray, weight: np.ndarray, bias: np.ndarray) -> np.ndarray:
    """(batch, sequence, outward) float64, each sum rounded once."""
    y = np.empty((*x.shape[:2], bias.size))
    for b, s, o in np.ndindex(y.shape):
        terms = x[b, s].astype(np.float64) * weight[:, o].astype(np.float64)
        y[b, s, o] = math.fsum([*terms.tolist(), float(bias[o])])
    return y


def test_the_ladder_stands_in_its_order() -> None:
    assert NAMES == [
        "python_loops",
        "numpy_tokens",
        "numpy_sequences",
        "numpy",
        "in_place",
        "packed",
        "packed_bias",
        "packed_bias_threads",
    ]


def test_work_and_least_traffic_can_be_counted_by_hand() -> None:
    assert LINEAR.flop((2, 3, 5, 7)) == 2 * 3 * 7 * (2 * 5 + 1)
    assert LINEAR.least_bytes((2, 3, 5, 7), "float32") == 4 * (2 * 3 * 5 + 5 * 7 + 7 + 2 * 3 * 7)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_reference_agrees_with_sums_that_round_once(dtype: str) -> None:
    inputs = LINEAR.make_inputs((2, 3, 50, 7), dtype, 3)
    assert max_relative_error(LINEAR.reference(*inputs), exact(*inputs)) < 1e-15


@pytest.mark.parametrize("size", [size for size in LINEAR.sizes if size <= 32])
def test_neither_a_forgotten_product_nor_a_forgotten_bias_is_within_the_tolerance(size: int) -> None:
    """The tolerance does not depend on how many tokens there are."""
    shape = LINEAR.shape(size)
    x, weight, bias = LINEAR.make_inputs(shape, "float32", 4)
    right, tolerance = LINEAR.reference(x, weight, bias), LINEAR.tolerance(shape, "float32")
    assert max_relative_error(LINEAR.reference(x[..., :-1], weight[:-1], bias), right) > 10 * tolerance
    assert max_relative_error(LINEAR.reference(x, weight, 0 * bias), right) > 10 * tolerance


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=20)
@given(shape=st.tuples(LENGTH, LENGTH, LENGTH, st.integers(0, 40)), dtype=st.sampled_from(DTYPES))
def test_every_rung_is_right_at_any_shape(name: str, shape: tuple[int, ...], dtype: str) -> None:
    inputs = LINEAR.make_inputs(shape, dtype, 5)
    y = LINEAR.kernel(name).function(*inputs)
    assert y.dtype == dtype
    assert max_relative_error(y, exact(*inputs)) <= LINEAR.tolerance(shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", PACKED)
@pytest.mark.parametrize("forks", [True, False])
def test_blocks_and_cells_of_any_size_give_the_same_result(
    name: str, dtype: str, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Several blocks along each axis, and a bias in the last block of the sum only."""
    blocks = blocking(dtype, {}).given(mc=12, kc=16, nc=64)
    monkeypatch.setattr(compiled, "plan_here", lambda dtype: Plan(blocks, 0, 0))
    monkeypatch.setattr(pool, "thread_count", lambda: 3)
    monkeypatch.setattr(compiled, "can_fork", lambda threads: forks and fork_join.can_fork(threads))
    for shape in ((2, 20, 16, 128), (3, 13, 33, 131), (1, 29, 50, 64), (1, 13, 1, 1), (2, 3, 40, 200)):
        inputs = LINEAR.make_inputs(shape, dtype, 6)
        y = LINEAR.kernel(name).function(*inputs)
        assert max_relative_error(y, LINEAR.reference(*inputs)) <= LINEAR.tolerance(shape, dtype), shape


@pytest.mark.parametrize("name", [kernel.name for kernel in LINEAR.kernels if kernel.writes_out])
def test_a_rung_that_is_given_its_result_allocates_next_to_nothing(name: str) -> None:
    inputs = LINEAR.make_inputs((4, 250, 300, 500), "float32", 2)
    out = np.full((4, 250, 500), np.nan, np.float32)
    function = LINEAR.kernel(name).function
    assert function(*inputs, out=out) is out
    assert max_relative_error(out, LINEAR.reference(*inputs)) <= LINEAR.tolerance((4, 250, 300, 500), "float32")
    assert peak_alloc_bytes(lambda: function(*inputs, out=out)) < 0.02 * out.nbytes
