"""The ladder conv2d: exactness against sums that round once, edges and padding, threads, what it allocates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accel_core.bench.memory import peak_alloc_bytes
from accel_core.kernels import fork_join, pool
from accel_core.kernels.conv2d import compiled
from accel_core.kernels.conv2d.workload import CONV2D
from accel_core.kernels.verify import max_relative_error
from accel_core.model import DTYPES

NAMES = [kernel.name for kernel in CONV2D.kernels]
CHANNELS, SIDE, WIDTH = st.integers(0, 7), st.integers(0, 6), st.integers(0, 20)
SHAPES = st.tuples(st.integers(0, 7), st.integers(0, 3), CHANNELS, SIDE, WIDTH, st.integers(0, 2))


def exact(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(batch, C_out, H, W) float64: the definition on an image with zeros around it, each sum rounded once."""
    k, before = weights.shape[2], (weights.shape[2] - 1) // 2
    around = ((0, 0), (0, 0), (k, k), (k, k))
    padded, filters = np.pad(x.astype(np.float64), around), weights.astype(np.float64)
    y = np.empty((x.shape[0], weights.shape[0], *x.shape[2:]))
    for b, o, i, j in np.ndindex(y.shape):
        row, column = k + i - before, k + j - before
        terms = padded[b, :, row : row + k, column : column + k] * filters[o]
        y[b, o, i, j] = math.fsum(terms.reshape(-1).tolist())
    return y


def assert_right(name: str, shape: tuple[int, ...], dtype: str) -> None:
    inputs = CONV2D.make_inputs(shape, dtype, 7)
    y = CONV2D.kernel(name).function(*inputs)
    assert y.dtype == dtype
    assert max_relative_error(y, CONV2D.reference(*inputs)) <= CONV2D.tolerance(shape, dtype), shape


def test_the_ladder_stands_in_its_order() -> None:
    assert NAMES == [
        "python_loops",
        "shifts",
        "im2col",
        "compiled",
        "compiled_rows",
        "tiled",
        "tiled_threads",
    ]


def test_work_and_least_traffic_can_be_counted_by_hand() -> None:
    assert CONV2D.flop((3, 2, 5, 7, 11, 4)) == 2 * 4 * 5 * 7 * 11 * 2 * 3 * 3
    assert CONV2D.least_bytes((3, 2, 5, 7, 11, 4), "float64") == 8 * (4 * 2 * 77 + 5 * 2 * 9 + 4 * 5 * 77)


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=40)
@given(shape=SHAPES)
def test_the_reference_agrees_with_sums_that_round_once(dtype: str, shape: tuple[int, ...]) -> None:
    inputs = CONV2D.make_inputs(shape, dtype, 3)
    assert max_relative_error(CONV2D.reference(*inputs), exact(*inputs)) < 1e-14


@pytest.mark.parametrize("name", NAMES)
def test_an_even_filter_reaches_one_step_farther_down_and_to_the_right(name: str) -> None:
    x, weights = np.zeros((1, 1, 5, 5)), np.arange(1.0, 17).reshape(1, 1, 4, 4)
    x[0, 0, 2, 2] = 1
    expected = np.zeros((5, 5))
    expected[:4, :4] = weights[0, 0, ::-1, ::-1]  # the pixel (0, 0) meets it two steps away, by the last entry
    assert np.array_equal(CONV2D.kernel(name).function(x, weights)[0, 0], expected)


@pytest.mark.parametrize("size", [size for size in CONV2D.sizes if size <= 14])
def test_a_forgotten_entry_of_the_filters_is_not_within_the_tolerance(size: int) -> None:
    """The tolerance does not depend on the size of the image."""
    shape = CONV2D.shape(size)
    x, weights = CONV2D.make_inputs(shape, "float32", 4)
    less = weights.copy()
    less[:, -1, -1, -1] = 0
    error = max_relative_error(CONV2D.reference(x, less), CONV2D.reference(x, weights))
    assert error > 10 * CONV2D.tolerance(shape, "float32")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=30)
@given(shape=SHAPES, dtype=st.sampled_from(DTYPES))
def test_every_rung_is_right_at_any_shape(name: str, shape: tuple[int, ...], dtype: str) -> None:
    assert_right(name, shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", [name for name in NAMES if name != "python_loops"])
def test_filters_larger_than_the_image_and_several_tiles_are_right(name: str, dtype: str) -> None:
    for shape in ((9, 3, 8, 2, 3, 2), (5, 8, 20, 30, 65, 1), (1, 5, 13, 1, 150, 2), (2, 17, 6, 64, 1, 3)):
        assert_right(name, shape, dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("forks", [True, False])
def test_threads_share_the_tiles_of_several_images(
    dtype: str, forks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "thread_count", lambda: 3)
    monkeypatch.setattr(compiled, "can_fork", lambda threads: forks and fork_join.can_fork(threads))
    for shape in ((3, 5, 20, 14, 14, 2), (3, 4, 1, 2, 2, 1), (4, 2, 8, 20, 33, 3)):
        assert_right("tiled_threads", shape, dtype)


def test_im2col_holds_so_many_images_as_a_filter_has_entries_and_the_tile_none() -> None:
    inputs = CONV2D.make_inputs((5, 8, 8, 40, 40, 1), "float32", 1)
    image_bytes = inputs[0].nbytes

    def images(name: str) -> float:
        function = CONV2D.kernel(name).function
        function(*inputs)
        return peak_alloc_bytes(lambda: function(*inputs)) / image_bytes

    assert 26 < images("im2col") < 29  # with the result and the image with its zeros
    assert images("tiled") < 1.2  # the result
