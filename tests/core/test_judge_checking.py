"""What a checked product lets pass and what not: rounding in any order passes, everything else fails."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from accel_core import registry
from accel_core.judge.checking import product_share, share_of_allowed
from accel_core.model import Shape

SHAPES: tuple[Shape, ...] = ((1, 1, 1), (7, 7, 7), (5, 33, 17), (300, 61, 145), (256, 256, 256), (64, 2000, 70))
Product = Callable[[NDArray, NDArray], NDArray]


def in_turn(a: NDArray, b: NDArray) -> NDArray:
    """The sums of float32 from first to last, each step rounded."""
    c = np.zeros((len(a), b.shape[1]), a.dtype)
    for p in range(a.shape[1]):
        c += np.outer(a[:, p], b[p])
    return c


def backwards(a: NDArray, b: NDArray) -> NDArray:
    return in_turn(a[:, ::-1], b[::-1])


def in_blocks(a: NDArray, b: NDArray) -> NDArray:
    parts = [a[:, at : at + 16] @ b[at : at + 16] for at in range(0, a.shape[1], 16)]
    return np.sum(parts, axis=0, dtype=a.dtype)


RIGHT: tuple[Product, ...] = (in_turn, backwards, in_blocks, lambda a, b: a @ b)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_another_order_of_the_sums_passes(shape: Shape, dtype: str) -> None:
    a, b = registry.workload("matmul").make_inputs(shape, dtype, 1)
    for product in RIGHT:
        assert product_share(a, b, product(a, b)) < 0.5


def float16_inputs(a: NDArray, b: NDArray) -> NDArray:
    return a.astype("float16").astype("float32") @ b.astype("float16").astype("float32")


def float16_result(a: NDArray, b: NDArray) -> NDArray:
    return (a @ b).astype("float16").astype("float32")


def dropped_product(a: NDArray, b: NDArray) -> NDArray:
    c = a @ b
    c[-1, -1] -= a[-1, 0] * b[0, -1]
    return c


def dropped_tile(a: NDArray, b: NDArray) -> NDArray:
    c = a @ b
    c[:4, :4] -= a[:4, :8] @ b[:8, :4]
    return c


def stale_row(a: NDArray, b: NDArray) -> NDArray:
    c = a @ b
    c[0] = c[-1] if len(c) > 1 else c[0] * 0.5
    return c


def errors_that_cancel(a: NDArray, b: NDArray) -> NDArray:
    """Two wrong entries of a row, whose sum is right."""
    c = a @ b
    c[0, 0] += 0.25
    c[0, -1] -= 0.25 if c.shape[1] > 1 else 0.0
    return c


def small_error(a: NDArray, b: NDArray) -> NDArray:
    """One entry that is off by a thousandth of what entries are."""
    c = a @ b
    c[len(c) // 2, c.shape[1] // 2] += 1e-3 * math.sqrt(a.shape[1]) / 3
    return c


WRONG = (
    float16_inputs,
    float16_result,
    dropped_product,
    dropped_tile,
    stale_row,
    errors_that_cancel,
    small_error,
)


@pytest.mark.parametrize("product", WRONG)
def test_what_is_not_rounding_fails(product: Product) -> None:
    for shape in SHAPES:
        a, b = registry.workload("matmul").make_inputs(shape, "float32", 2)
        # signs may cancel: two errors of a row do in one draw of 256
        assert max(product_share(a, b, product(a, b)) for _ in range(5)) > 2, shape


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", ["matmul", "gelu", "softmax", "layer_norm", "attention"])
def test_what_is_no_number_never_passes(name: str, value: float) -> None:
    workload = registry.workload(name)
    shape = (2, 3, 4, 5, 6)[: len(workload.axes)]
    inputs = workload.make_inputs(shape, "float32", 3)
    expected = workload.reference(*inputs)
    out = expected.astype("float32")
    assert share_of_allowed(workload, shape, inputs, out, expected) <= 1
    out.flat[-1] = value
    assert share_of_allowed(workload, shape, inputs, out, expected) == math.inf
    if name == "matmul":
        assert product_share(*inputs, out) == math.inf
        assert share_of_allowed(workload, shape, inputs, out, None) == math.inf
