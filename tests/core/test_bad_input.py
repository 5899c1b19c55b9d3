"""Whatever a user hands over: NumPy's result, or a sentence that refuses it; the inputs stay as they are."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.lib.stride_tricks import as_strided

import accel_core
from accel_core.backends import backend_names
from accel_core.errors import BadInput

BACKENDS = tuple(backend_names())
MATRICES: dict[str, Callable[..., Any]] = {
    name: getattr(accel_core, name)
    for name in ("matmul_naive", "matmul_blocked", "matmul_numpy", "matmul_packed", "matmul_parallel")
    if hasattr(accel_core, name)
}
"""Those that take two matrices and no batch."""
TAKEN = ("f4", "f8", ">f4", ">f8", "i1", "i8", "u2", "u8", "?")
REFUSED = ("f2", "c8", "c16", "O", "U3", "S2", "M8[s]", "m8[s]", "V4") + (
    ("g",) if np.dtype("g") != "f8" else ()
)


def filled(dtype: str, shape: Sequence[int], seed: int) -> np.ndarray:
    """Numbers of small size in any dtype: products of them are exact in float32 up to rounding."""
    values = np.random.default_rng(seed).integers(0 if np.dtype(dtype).kind in "ub" else -4, 5, shape)
    if np.dtype(dtype).kind == "V":
        return np.zeros(shape, dtype)
    return values.astype(dtype)


@st.composite
def strange_arrays(draw: Any, dtypes: Sequence[str] = TAKEN, dims: tuple[int, int] = (1, 2)) -> np.ndarray:
    """An array that lies whole, turned, backwards, with gaps, repeated, locked, unaligned, or over itself."""
    dtype = draw(st.sampled_from(dtypes))
    shape = draw(hnp.array_shapes(min_dims=dims[0], max_dims=dims[1], min_side=0, max_side=6))
    array = filled(dtype, shape, draw(st.integers(0, 99)))
    how = draw(st.sampled_from(("whole", "turned", "back", "gaps", "same", "locked", "odd", "window", "far")))
    if how == "turned":
        return array.T
    if how == "back":
        return array[tuple(slice(None, None, -1) for _ in shape)]
    if how == "gaps":
        return np.repeat(array, 3, axis=-1)[..., 1::3] if array.size else array
    if how == "same":  # one row, seen many times: a stride of 0
        return np.broadcast_to(array[:1], shape) if array.size else array
    if how == "locked":
        array.setflags(write=False)
    if how == "odd":
        memory = np.zeros(array.nbytes + 1, np.uint8)
        view = memory[1:].view(array.dtype).reshape(shape) if array.size and array.dtype != "O" else array
        if view is not array:
            view[...] = array
        return view
    if how == "window" and array.size:  # rows overlap: each starts one entry after the one before
        line = filled(dtype, (sum(shape),), 7)
        return as_strided(line, shape, (line.itemsize,) * len(shape))
    if how == "far" and array.size:  # an axis of one entry may have any stride
        return as_strided(array, (1, *shape), (1 << 40, *array.strides))[0]
    return array


def fingerprint(*arrays: np.ndarray) -> str:
    """Of all the memory that the arrays are views of, where NumPy knows it, else of what they show."""
    whole = [array.base if isinstance(array.base, np.ndarray) else array for array in arrays]
    return hashlib.sha256(b"".join(memory.tobytes() for memory in whole)).hexdigest()


def answer(function: Callable[..., Any], *arrays: Any, **options: Any) -> Any:
    """What `function` returns, or the BadInput that it raises; anything else is a failure of the test."""
    try:
        return function(*arrays, **options)
    except BadInput as error:
        sentence = str(error)
        assert sentence.endswith(".") and "\n" not in sentence and len(sentence) < 400
        return error


def expected_product(a: np.ndarray, b: np.ndarray) -> Any:
    """NumPy's product in float64; None where NumPy has none."""
    try:
        return np.matmul(a.astype(np.float64), b.astype(np.float64))
    except ValueError:
        return None


def assert_product(result: Any, a: np.ndarray, b: np.ndarray) -> None:
    """`result` is what NumPy has, in float32 where both are float32 and in float64 else; or both refuse."""
    expected = expected_product(a, b)
    if expected is None:
        assert isinstance(result, BadInput), result
        return
    single = all(array.dtype.newbyteorder("=") == np.float32 for array in (a, b))
    assert not isinstance(result, BadInput), result
    assert result.dtype == (np.float32 if single else np.float64) and np.shape(result) == np.shape(expected)
    np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)


# -- products ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BACKENDS)
@given(a=strange_arrays(dims=(1, 3)), b=strange_arrays(dims=(1, 3)), fit=st.booleans())
@settings(max_examples=60)
def test_a_backend_multiplies_anything_as_numpy_or_says_why_not(
    name: str, a: np.ndarray, b: np.ndarray, fit: bool
) -> None:
    if fit and a.ndim > 1:  # most pairs drawn would not go together
        b = np.ascontiguousarray(a.swapaxes(-1, -2)) if b.ndim > 2 else a.swapaxes(-1, -2)
    before = fingerprint(a, b)
    with accel_core.use_backend(name):
        for _ in range(2):  # what was decided at the first call is looked up at the second
            assert_product(answer(accel_core.matmul, a, b), a, b)
    assert fingerprint(a, b) == before


@pytest.mark.parametrize("name", MATRICES)
@given(a=strange_arrays(), b=strange_arrays(), fit=st.booleans())
@settings(max_examples=60)
def test_a_product_of_matrices_is_numpys_or_refused(name: str, a: np.ndarray, b: np.ndarray, fit: bool) -> None:
    if fit and a.ndim == 2:
        b = a.T
    before = fingerprint(a, b)
    result = answer(MATRICES[name], a, b)
    if a.ndim != 2 or b.ndim != 2:
        assert isinstance(result, BadInput)
    else:
        assert_product(result, a, b)
    assert fingerprint(a, b) == before


@pytest.mark.parametrize("name", [*BACKENDS, *MATRICES])
@given(bad=strange_arrays(REFUSED, (2, 2)), good=strange_arrays(TAKEN, (2, 2)))
@settings(max_examples=20)
def test_what_would_change_in_silence_is_refused(name: str, bad: np.ndarray, good: np.ndarray) -> None:
    function = MATRICES.get(name) or accel_core.matmul
    before = fingerprint(bad, good)
    with accel_core.use_backend(name if name in BACKENDS else "auto"):
        for operands in ((bad, good), (good, bad), (bad, bad)):
            assert isinstance(answer(function, *operands), BadInput)
    assert fingerprint(bad, good) == before


@pytest.mark.parametrize("name", [*BACKENDS, *MATRICES])
@pytest.mark.parametrize(
    "value", [None, "text", [[1, 2], [3]], [[1, "a"]], {}, object(), [[None]], 1j, [[1j]], [["1"]], [10**400]]
)
def test_what_is_no_array_of_numbers_is_refused(name: str, value: Any) -> None:
    function = MATRICES.get(name) or accel_core.matmul
    with accel_core.use_backend(name if name in BACKENDS else "auto"):
        for operands in ((value, np.ones((2, 2))), (np.ones((2, 2)), value)):
            assert isinstance(answer(function, *operands), BadInput)


@pytest.mark.parametrize("name", [*BACKENDS, *MATRICES])
def test_nan_and_infinity_go_through_a_product(name: str) -> None:
    a = np.array([[np.nan, 1.0], [np.inf, 2.0], [1.0, -np.inf], [0.0, 1.0]])
    b = np.array([[1.0, 0.0], [2.0, 3.0]])
    function = MATRICES.get(name) or accel_core.matmul
    for dtype in (np.float32, np.float64):
        with accel_core.use_backend(name if name in BACKENDS else "auto"), np.errstate(all="ignore"):
            np.testing.assert_array_equal(function(a.astype(dtype), b.astype(dtype)), a.astype(dtype) @ b)


# -- settings of the products --------------------------------------------------------------------------------

NO_COUNT = st.one_of(
    st.integers(max_value=0), st.floats(), st.text(), st.none(), st.booleans(), st.just([8]), st.just(8.0)
)


@given(block=NO_COUNT)
def test_a_block_that_is_no_count_is_refused(block: Any) -> None:
    assert isinstance(answer(accel_core.matmul_blocked, np.eye(3), np.eye(3), block_size=block), BadInput)


@given(block=st.integers(1, 10**30) | st.sampled_from([np.int8(3), np.uint64(2**63)]))
def test_any_block_from_one_on_gives_the_product(block: Any) -> None:
    a = np.arange(30.0).reshape(5, 6)
    np.testing.assert_array_equal(accel_core.matmul_blocked(a, a.T, block), a @ a.T)


@pytest.mark.skipif("matmul_parallel" not in MATRICES, reason="the rung is not there")
@given(workers=NO_COUNT)
def test_workers_that_are_no_count_are_refused(workers: Any) -> None:
    assume(workers is not None)  # all of them
    assert isinstance(answer(MATRICES["matmul_parallel"], np.eye(3), np.eye(3), workers=workers), BadInput)


# -- the other operations ------------------------------------------------------------------------------------

ONE = {
    "gelu": lambda x: 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))),
    "softmax": lambda x: (
        np.exp(x - x.max(-1, keepdims=True)) / np.exp(x - x.max(-1, keepdims=True)).sum(-1, keepdims=True)
    ),
    "layer_norm": lambda x: (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5),
}


@pytest.mark.parametrize("operation", ONE)
@pytest.mark.parametrize("name", BACKENDS)
@given(x=strange_arrays(dims=(1, 3)))
@settings(max_examples=25)
def test_a_backend_takes_any_array_element_by_element_or_row_by_row(
    name: str, operation: str, x: np.ndarray
) -> None:
    before = fingerprint(x)
    with accel_core.use_backend(name):
        for _ in range(2):
            result = answer(getattr(accel_core, operation), x)
            assert result.shape == x.shape
            assert result.dtype == (np.float32 if x.dtype.newbyteorder("=") == np.float32 else np.float64)
            assert not np.shares_memory(result, x)
            if x.size:
                expected = ONE[operation](x.astype(np.float64))
                np.testing.assert_allclose(result, expected, rtol=1e-4, atol=1e-4)
    assert fingerprint(x) == before


@pytest.mark.parametrize("operation", [*ONE, "add"])
@pytest.mark.parametrize("name", BACKENDS)
@given(bad=strange_arrays(REFUSED))
@settings(max_examples=10)
def test_no_operation_changes_a_type_in_silence(name: str, operation: str, bad: np.ndarray) -> None:
    operands = (bad, bad) if operation == "add" else (bad,)
    with accel_core.use_backend(name):
        assert isinstance(answer(getattr(accel_core, operation), *operands), BadInput)


@pytest.mark.parametrize("name", BACKENDS)
@given(x=strange_arrays(), y=strange_arrays())
@settings(max_examples=40)
def test_a_backend_adds_what_broadcasts(name: str, x: np.ndarray, y: np.ndarray) -> None:
    before = fingerprint(x, y)
    with accel_core.use_backend(name):
        result = answer(accel_core.add, x, y)
    try:
        expected = np.add(x.astype(np.float64), y.astype(np.float64))
    except ValueError:
        assert isinstance(result, BadInput)
    else:
        single = all(array.dtype.newbyteorder("=") == np.float32 for array in (x, y))
        assert result.dtype == (np.float32 if single else np.float64)
        np.testing.assert_array_equal(result, expected)
    assert fingerprint(x, y) == before


@pytest.mark.parametrize("name", BACKENDS)
def test_no_operation_writes_its_operands_even_where_it_could(name: str) -> None:
    x = np.linspace(-3, 3, 64, dtype=np.float32).reshape(8, 8)
    gamma, beta = x[0].copy(), x[1].copy()
    before = fingerprint(x, gamma, beta)
    with accel_core.use_backend(name):
        results = [
            accel_core.matmul(x, x),
            accel_core.gelu(x),
            accel_core.add(x, x),
            accel_core.softmax(x),
            accel_core.layer_norm(x, gamma, beta),
        ]
    assert fingerprint(x, gamma, beta) == before
    assert not any(np.shares_memory(result, array) for result in results for array in (x, gamma, beta))
