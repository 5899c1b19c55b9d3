"""Softmax, layer norm and GELU of any finite numbers, in every rung and backend, against exact arithmetic.

The exact results are fractions of Python's integers, and decimals of 60 digits where a root or a power is in
them: neither overflows or underflows at the limits of float64, so nothing has to be scaled. A result may be
infinite only where the exact one, moved by the tolerance, is beyond the largest number of the type.
"""

from __future__ import annotations

import decimal
import math
import warnings
from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import accel_core
from accel_core.backends.current import find_backend
from accel_core.kernels.dot.workload import DOT
from accel_core.kernels.gelu.functions import fused_gelu, unfused_gelu
from accel_core.kernels.gelu.workload import GELU
from accel_core.kernels.layer_norm import scaled as layer_norm_scaled
from accel_core.kernels.layer_norm.interpreted import EPS
from accel_core.kernels.layer_norm.workload import LAYER_NORM
from accel_core.kernels.softmax.workload import SOFTMAX
from accel_core.kernels.streaming.workload import ADD, SCALE
from accel_core.model import DTYPES, Workload

CONTEXT = decimal.Context(prec=60, Emin=decimal.MIN_EMIN, Emax=decimal.MAX_EMAX)
PUBLIC: dict[str, list[Callable[..., Any]]] = {
    "softmax": [accel_core.softmax],
    "layer_norm": [accel_core.layer_norm],
    "gelu": [fused_gelu, unfused_gelu],
}
FAR = Decimal(100_000)
"""e^-FAR is 0 in either type, and its exact value needs a hundred thousand digits of nobody."""


@pytest.fixture(autouse=True)
def exactly() -> Iterator[None]:
    """Decimals that hold every product of two numbers, and no warning on the way."""
    with decimal.localcontext(CONTEXT), warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def everyone(workload: Workload) -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every rung, backend and public function that does a workload, all called alike."""
    for kernel in workload.kernels:
        yield kernel.name, kernel.function
    for name in accel_core.backend_names():
        yield f"backend {name}", getattr(find_backend(name), workload.name)
    for function in PUBLIC[workload.name]:
        yield function.__name__, function


def decimals(numbers: Sequence[Any]) -> list[Decimal]:
    return [Decimal(float(number)) for number in numbers]


def divided(number: Fraction) -> Decimal:
    return Decimal(number.numerator) / Decimal(number.denominator)


# -- exact results, each with how far a result may be from it, in units of the tolerance ---------------------

Exact = list[tuple[Decimal, Decimal]]


def exact_layer_norm(row: np.ndarray, gamma: np.ndarray, beta: np.ndarray, eps: float = EPS) -> Exact:
    """The error of an entry before gamma is relative to the largest of the row, as the workload has it."""
    numbers = [Fraction(float(number)) for number in row]
    mean = sum(numbers) / len(numbers)
    under = sum((number - mean) ** 2 for number in numbers) / len(numbers) + Fraction(eps)
    entries = [divided(number - mean) / divided(under).sqrt() for number in numbers]
    most = max(map(abs, entries))
    columns = zip(entries, decimals(gamma), decimals(beta), strict=True)
    return [(g * entry + b, abs(g) * most + abs(b)) for entry, g, b in columns]


def exact_softmax(row: np.ndarray) -> Exact:
    """A compiled power is off by 82 u in float64; a difference is off relative to itself, which moves its power
    by as much as it is long."""
    numbers = decimals(row)
    below = [max(numbers) - number for number in numbers]
    powers = [Decimal(0) if distance > FAR else (-distance).exp() for distance in below]
    shares = [power / sum(powers) for power in powers]
    return [
        (share, share * (Decimal(3) / 2 + min(distance, FAR) / 16))
        for share, distance in zip(shares, below, strict=True)
    ]


def exact_gelu(row: np.ndarray) -> Exact:
    """x / (1 + e^-2u). The workload derives an error relative to x; a compiled power adds 20 u to it in
    float64."""
    root = Decimal("0.79788456080286535587989211986876373695171726232986931533185")
    results = []
    for x in decimals(row):
        power = -2 * root * (x + Decimal("0.044715") * x**3)
        result = x if power < -FAR else Decimal(0) if power > FAR else x / (1 + power.exp())
        results.append((result, abs(x) * 2))
    return results


def wrong(result: np.ndarray, exact: Exact, tolerance: float) -> str:
    """What is wrong with the entries of a row, empty where nothing is."""
    kind = np.finfo(result.dtype)
    smallest, largest = Decimal(float(kind.smallest_subnormal)), Decimal(float(kind.max))
    for got, (right, scale) in zip(result.tolist(), exact, strict=True):
        margin = Decimal(tolerance) * scale + 2 * smallest
        if math.isinf(got):
            fine = abs(right) + margin > largest and math.copysign(1, got) == math.copysign(1, right)
        else:
            fine = not math.isnan(got) and abs(Decimal(got) - right) <= margin
        if not fine:
            return f"{got!r} instead of {float(right):.17g}"
    return ""


# -- rows ----------------------------------------------------------------------------------------------------


@st.composite
def rows(draw: st.DrawFn, dtype: str) -> np.ndarray:
    """A row of 1 to 6: of any sizes, of one size, all but equal, or one number that towers above the rest."""
    kind = np.finfo(dtype)
    width = 8 * np.dtype(dtype).itemsize
    anything = st.floats(float(kind.min), float(kind.max), width=width)
    form = draw(st.sampled_from(["anything", "one size", "all but equal", "tower"]))
    if form == "anything":
        return np.array(draw(st.lists(anything, min_size=1, max_size=6)), dtype)
    exponents = st.integers(int(kind.minexp) - int(kind.nmant), int(kind.maxexp) - 1)
    if form == "one size":
        shares = st.lists(st.integers(-(2**20), 2**20), min_size=1, max_size=6)
        return np.ldexp(np.array(draw(shares), dtype) / 2**20, draw(exponents)).astype(dtype)
    if form == "all but equal":
        steps = np.array(draw(st.lists(st.integers(-3, 3), min_size=1, max_size=6)))
        with np.errstate(all="ignore"):
            row = (draw(anything) * (1 + steps * kind.eps)).astype(dtype)
        assume(np.isfinite(row).all())
        return row
    small = draw(st.lists(st.floats(-1, 1, width=width), min_size=1, max_size=5))
    return np.array([*small, draw(st.sampled_from([-1, 1])) * float(kind.max)], dtype)


def placed(row: np.ndarray) -> np.ndarray:
    """`row` between two ordinary ones, laid out in no order that a kernel likes."""
    x = np.random.default_rng(1).normal(size=(3, 2 * row.size)).astype(row.dtype)[:, ::2]
    x[1] = row
    return x


def check_rows(
    workload: Workload, x: np.ndarray, weights: tuple[Any, ...], exact: Callable[..., Exact]
) -> None:
    """Every rung and backend on the rows of x, which is left as it was."""
    before, expected = x.copy(), [exact(row, *weights) for row in x]
    tolerance = workload.tolerance(x.shape, x.dtype.name)
    for name, function in everyone(workload):
        for result, of_row, row in zip(function(x, *weights), expected, x, strict=True):
            fault = wrong(result, of_row, tolerance)
            assert not fault, f"{name}, {x.dtype}: {fault} in {result.tolist()} of {row.tolist()}"
        assert np.array_equal(x, before), name
    told = workload.reference(x, *weights)
    for result, of_row in zip(told, expected, strict=True):
        assert not wrong(result, of_row, workload.tolerance(x.shape, "float64")), "reference"


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_softmax_is_right_for_any_finite_row(dtype: str, data: Any) -> None:
    check_rows(SOFTMAX, placed(data.draw(rows(dtype))), (), exact_softmax)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_gelu_is_right_for_any_finite_row(dtype: str, data: Any) -> None:
    check_rows(GELU, placed(data.draw(rows(dtype))), (), exact_gelu)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), gamma_and_beta=st.sampled_from(["1 and 0", "drawn", "largest"]))
def test_layer_norm_is_right_for_any_finite_row(dtype: str, data: Any, gamma_and_beta: str) -> None:
    x = placed(data.draw(rows(dtype)))
    most, columns = float(np.finfo(dtype).max), x.shape[1]
    weights = np.array([[1.0] * columns, [0.0] * columns], dtype)
    if gamma_and_beta == "drawn":
        anything = st.floats(-most, most, width=8 * np.dtype(dtype).itemsize)
        flat = data.draw(st.lists(anything, min_size=2 * columns, max_size=2 * columns))
        weights = np.array(flat, dtype).reshape(2, columns)
    elif gamma_and_beta == "largest":  # the product overflows, and beta brings it back
        weights = np.array([[most] * columns, [-most] * columns], dtype)
    check_rows(LAYER_NORM, x, tuple(weights), exact_layer_norm)


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data(), eps=st.sampled_from([0.0, 5e-324, 1e-60, 1e-5, 1.0, 1e60, 1e308]))
def test_layer_norm_is_right_for_any_eps(dtype: str, data: Any, eps: float) -> None:
    row = data.draw(rows(dtype))
    assume(eps or len(set(row.tolist())) > 1)  # 0 / 0 is NaN
    ones, zeros = np.ones(row.size, dtype), np.zeros(row.size, dtype)
    exact = exact_layer_norm(row, ones, zeros, eps)
    functions = {name: find_backend(name).layer_norm for name in accel_core.backend_names()}
    for name, function in {**functions, "layer_norm": accel_core.layer_norm}.items():
        fault = wrong(function(row, eps=eps), exact, LAYER_NORM.tolerance((1, row.size), dtype))
        assert not fault, f"{name}: {fault} of {row.tolist()}"


# -- cases ---------------------------------------------------------------------------------------------------


def test_layer_norm_of_numbers_near_1e30_is_what_it_is_near_1() -> None:
    """github.com/pytorch/pytorch/pull/178123: the squares overflow in float32, and the result was 0."""
    x = np.array([[1, 2, 3, 4]], np.float32) * np.float32(1e30)
    for name, function in everyone(LAYER_NORM):
        told = function(x, np.ones(4, np.float32), np.zeros(4, np.float32))
        assert told.dtype == np.float32, name
        np.testing.assert_allclose(told, [[-1.3416408, -0.4472136, 0.4472136, 1.3416408]], 1e-6, err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("columns", [3, 40])
def test_layer_norm_is_right_at_every_exponent(dtype: str, columns: int) -> None:
    """So also where a row is just not done again, and just is."""
    kind, random = np.finfo(dtype), np.random.default_rng(columns)
    exponents = range(int(kind.minexp) - int(kind.nmant), int(kind.maxexp) - 2, 5 if dtype == "float32" else 41)
    x = np.stack([np.ldexp(random.uniform(-1, 1, columns), e) for e in exponents]).astype(dtype)
    check_rows(LAYER_NORM, x, tuple(np.array([[1] * columns, [0] * columns], dtype)), exact_layer_norm)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1.0, 1e30, 1e-30])
def test_layer_norm_is_right_at_every_distance_of_the_mean(dtype: str, size: float) -> None:
    random = np.random.default_rng(3)
    x = np.stack([2.0**distance + random.normal(size=50) for distance in range(0, 54, 2)])
    x = (x * size / np.abs(x).max(axis=1, keepdims=True)).astype(dtype)
    check_rows(LAYER_NORM, x, tuple(np.array([[1] * 50, [0] * 50], dtype)), exact_layer_norm)


@pytest.mark.parametrize("dtype", DTYPES)
def test_long_rows_at_the_limit_are_right(dtype: str) -> None:
    x = np.random.default_rng(4).uniform(-1, 1, (2, 3001)).astype(dtype)
    x[1] *= np.finfo(dtype).max
    check_rows(LAYER_NORM, x, tuple(np.array([[1] * 3001, [0] * 3001], dtype)), exact_layer_norm)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_constant_row_becomes_beta_exactly(dtype: str) -> None:
    beta = np.linspace(1, 2, 7).astype(dtype)
    kind = np.finfo(dtype)
    for value in (0.0, 0.1, -1e30, kind.max, kind.min, kind.tiny, kind.smallest_subnormal):
        for name, function in everyone(LAYER_NORM):
            told = function(np.full((2, 7), value, dtype), np.ones(7, dtype), beta)
            assert np.array_equal(told, [beta, beta]), f"{name}, {value}"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("strange", [math.nan, math.inf, -math.inf])
def test_a_row_with_what_is_no_number_is_nan_and_its_neighbours_are_right(dtype: str, strange: float) -> None:
    x = np.array([[1, 2, 4], [1, strange, 4], [1e30, 2e30, 4e30]], dtype)
    for name, function in everyone(LAYER_NORM):
        told = function(x, np.ones(3, dtype), np.zeros(3, dtype))
        assert np.isnan(told[1]).all(), name
        np.testing.assert_allclose(told[[0, 2]], [[-1.0690450, -0.2672612, 1.3363062]] * 2, 1e-5, err_msg=name)


@pytest.mark.parametrize("dtype", DTYPES)
def test_gelu_of_the_largest_numbers_is_exactly_they(dtype: str) -> None:
    x = np.finfo(dtype).max * np.array([1, 0.9, 0.6, 0.5, 1e-5], dtype)
    for name, function in everyone(GELU):
        assert np.array_equal(function(x), x), name
        lowest = function(-x)
        assert not lowest.any() and np.signbit(lowest).all(), name


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_share_is_as_small_as_the_type_can_hold(dtype: str) -> None:
    """A quotient of powers may be subnormal: the compiled ones gave 0 below the smallest normal number."""
    far = -math.log(float(np.finfo(dtype).smallest_subnormal)) - 1
    x = np.array([[0, -far, -far + 3, -far + 9, -10.0]], dtype)
    check_rows(SOFTMAX, x, (), exact_softmax)
    assert (accel_core.softmax(x) > 0).all()


def test_ordinary_rows_are_not_done_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[int] = []
    monkeypatch.setattr(layer_norm_scaled, "each_row", lambda kernel, x, y, *shared: done.append(len(x)))
    inputs = LAYER_NORM.make_inputs((50, 70), "float32", 1)
    for name in ("python_loops", "numpy", "in_place"):
        LAYER_NORM.kernel(name).function(*inputs)
    for name in ("naive", "blocked", "numpy"):
        find_backend(name).layer_norm(*inputs)
    assert not done
    inputs[0][[3, 8]] = 0
    find_backend("blocked").layer_norm(*inputs)
    assert done == [2]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_result_in_place_of_a_strange_row_is_right(dtype: str) -> None:
    row = np.array([[1e30, 2e30, 4e30], [5, 5, 5], [1, 2, 4]], dtype)
    weights = np.ones(3, dtype), np.zeros(3, dtype)
    for workload, more in ((LAYER_NORM, weights), (SOFTMAX, ()), (GELU, ())):
        for kernel in workload.kernels:
            if kernel.writes_out and (workload, kernel.name) != (GELU, "in_place"):  # which keeps x to the end
                x = row.copy()
                expected = kernel.function(row, *more)
                assert kernel.function(x, *more, out=x) is x
                assert np.array_equal(x, expected), kernel.name


# -- vectors: an overflow is where a product or a sum of the exact numbers is one ----------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_add_and_scale_overflow_only_where_the_sum_does(dtype: str, data: Any) -> None:
    x, y = (data.draw(rows(dtype)) for _ in range(2))
    x, y = x[: y.size], y[: x.size]
    with np.errstate(over="ignore"):
        for workload, inputs in ((ADD, (x, y)), (SCALE, (x,))):
            for kernel in workload.kernels:
                told = kernel.function(*inputs)
                assert np.array_equal(told, sum(inputs) if workload is ADD else 3 * x), kernel.name


@pytest.mark.parametrize("dtype", DTYPES)
@given(data=st.data())
def test_a_dot_product_is_right_where_the_sum_of_its_magnitudes_is_in_range(dtype: str, data: Any) -> None:
    x, y = (data.draw(rows(dtype)) for _ in range(2))
    terms = [a * b for a, b in zip(decimals(x), decimals(y), strict=False)]
    most = sum(map(abs, terms))
    assume(most <= Decimal(float(np.finfo(dtype).max)))
    for kernel in DOT.kernels:
        told = np.array([kernel.function(x[: len(terms)], y[: len(terms)])])
        fault = wrong(
            told,
            [(sum(terms), most + len(terms) * Decimal(float(np.finfo(dtype).tiny)))],
            DOT.tolerance((len(terms),), dtype),
        )
        assert not fault, f"{kernel.name}: {fault}"
