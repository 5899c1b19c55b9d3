"""What every public function takes and writes: the input rules, against NumPy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from accel_core.backends import CompiledBackend
from accel_core.errors import BadInput
from accel_core.kernels.gelu.functions import fused_gelu, unfused_gelu
from accel_core.kernels.streaming.functions import add

softmax, layer_norm = CompiledBackend().softmax, CompiledBackend().layer_norm
UNARY: dict[str, Callable[..., np.ndarray]] = {
    "unfused_gelu": unfused_gelu,
    "fused_gelu": fused_gelu,
    "softmax": softmax,
    "layer_norm": layer_norm,
}
EVERY = {
    **UNARY,
    "add, first": lambda x: add(x, 1.0),
    "add, second": lambda x: add(1.0, x),
    "layer_norm, gamma": lambda x: layer_norm(np.ones((2, 2)), x),
    "layer_norm, beta": lambda x: layer_norm(np.ones((2, 2)), beta=x),
}
WRITING: dict[str, Callable[..., np.ndarray]] = {
    "fused_gelu": fused_gelu,
    "add": lambda x, out: add(x, x, out),
}


def plain_gelu(x: np.ndarray) -> np.ndarray:
    """The formula as printed, in float64."""
    x = x.astype(np.float64)
    with np.errstate(all="ignore"):
        y = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x**3)))
    return np.where(np.isneginf(x), -0.0, y)


def plain_softmax(x: np.ndarray) -> np.ndarray:
    x = np.atleast_1d(x).astype(np.float64)
    powers = np.exp(x - x.max(axis=-1, keepdims=True, initial=-np.inf))
    return powers / powers.sum(axis=-1, keepdims=True)


def plain_layer_norm(x: np.ndarray) -> np.ndarray:
    x = np.atleast_1d(x).astype(np.float64)
    if x.size == 0:
        return x
    return (x - x.mean(axis=-1, keepdims=True)) / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5)


EXPECTED = {
    "unfused_gelu": plain_gelu,
    "fused_gelu": plain_gelu,
    "softmax": plain_softmax,
    "layer_norm": plain_layer_norm,
}
DTYPES = [np.dtype(name) for name in ("f4", "f8", ">f4", ">f8", "i4", "u1", "i8", "?")]


def arrays_of(dtype: np.dtype) -> st.SearchStrategy[np.ndarray]:
    """Arrays of up to four axes, each of 0 to 6 entries; numbers to 100 in size, and NaN."""
    limits = {"f": {"min_value": -100, "max_value": 100}, "i": {"min_value": -100, "max_value": 100}}
    elements = hnp.from_dtype(dtype, **limits.get(dtype.kind, {}))
    if dtype.kind == "f":
        elements |= st.just(np.nan)
    return hnp.arrays(dtype, hnp.array_shapes(min_dims=0, min_side=0, max_side=6), elements=elements)


ARRAYS = st.sampled_from(DTYPES).flatmap(arrays_of)
SINGLE = {np.dtype(np.float32), np.dtype(">f4")}


def views(x: np.ndarray) -> st.SearchStrategy[np.ndarray]:
    """`x` as it is, transposed, backwards, every second entry, and without the right to write."""
    backwards = x[tuple(slice(None, None, -1) for _ in x.shape)]
    every_other = x[tuple(slice(None, None, 2) for _ in x.shape)]
    locked = x.view()
    locked.setflags(write=False)
    return st.sampled_from([x, x.T, backwards, every_other, locked])


@pytest.mark.parametrize("name", UNARY)
@given(data=st.data(), x=ARRAYS)
def test_any_array_gives_the_result_of_numpy_in_its_own_precision(name: str, data: Any, x: np.ndarray) -> None:
    view = data.draw(views(x))
    before = x.copy()
    result = UNARY[name](view)
    expected = EXPECTED[name](view)
    assert result.dtype == (np.float32 if x.dtype in SINGLE else np.float64) and result.dtype.isnative
    assert result.shape == view.shape
    # layer norm divides by at least √1e-5, which enlarges the rounding of entries of size 100
    error = 1000 * np.finfo(result.dtype).eps if name != "layer_norm" else 1e6 * np.finfo(result.dtype).eps
    np.testing.assert_allclose(result, expected.reshape(view.shape), rtol=1e-5, atol=error)
    assert x.tobytes() == before.tobytes()
    assert not np.shares_memory(result, x)


@given(x=ARRAYS, y=ARRAYS)
def test_add_broadcasts_as_numpy_does_or_names_both_shapes(x: np.ndarray, y: np.ndarray) -> None:
    try:
        expected = x.astype(np.float64) + y.astype(np.float64)
    except ValueError:
        with pytest.raises(BadInput) as caught:
            add(x, y)
        assert str(x.shape) in str(caught.value) and str(y.shape) in str(caught.value)
        return
    result = add(x, y)
    single = x.dtype in SINGLE and y.dtype in SINGLE
    assert result.dtype == (np.float32 if single else np.float64) and result.shape == expected.shape
    np.testing.assert_allclose(result, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "value",
    [
        np.ones((2, 2), "float16"),
        np.ones((2, 2), np.dtype("g" if np.dtype("g") != np.dtype("d") else "e")),
        np.ones((2, 2), complex),
        np.array([["a", "b"], ["c", "d"]]),
        np.array([[1, None], [2, 3]], object),
        np.zeros((2, 2), "datetime64[s]"),
        np.zeros((2, 2), [("x", "f4")]),
        [[1, 2], [3]],
        [10**400],
        "text",
        1j,
    ],
    ids=["half", "long", "complex", "text", "object", "date", "record", "ragged", "huge", "word", "imaginary"],
)
@pytest.mark.parametrize("name", EVERY)
def test_data_that_would_change_silently_is_refused_in_a_sentence(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=r"^\w+ .*; .*\.$") as caught:
        EVERY[name](value)
    assert isinstance(caught.value, BadInput) and str(caught.value).count(". ") == 0


def test_a_plain_number_takes_the_type_of_the_array_beside_it() -> None:
    single = np.ones(3, np.float32)
    assert add(single, 2.5).dtype == np.float32 and add(1, single).dtype == np.float32
    assert add(single, np.float64(2.5)).dtype == np.float64
    assert add(1, 2).dtype == np.float64


# -- out -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", WRITING)
@pytest.mark.parametrize(
    "out",
    [
        np.zeros(5, np.float64),
        np.zeros(4, np.float32),
        np.zeros((5, 1), np.float32),
        np.zeros(5, ">f4"),
        np.frombuffer(bytes(20), np.float32),
        np.broadcast_to(np.float32(1), 5),
        np.lib.stride_tricks.as_strided(np.zeros(4, np.float32), (5,), (2,)),
        np.ma.zeros(5, np.float32),
        [0.0] * 5,
        "out",
    ],
    ids=["dtype", "shape", "axes", "order", "read-only", "broadcast", "on itself", "masked", "list", "text"],
)
def test_an_out_that_cannot_hold_the_result_is_refused(name: str, out: Any) -> None:
    before = np.array(out, copy=True)
    with pytest.raises(BadInput, match=r"^out .*; .*\.$"):
        WRITING[name](np.ones(5, np.float32), out)
    assert np.array_equal(before, np.asarray(out))


@pytest.mark.parametrize("name", WRITING)
def test_an_out_that_keeps_two_axes_whatever_is_asked_of_it_is_refused(name: str) -> None:
    out = np.zeros((64, 64), np.float32).view(np.matrix)
    with pytest.raises(BadInput, match=r"^out is a matrix; .*\.$"):
        WRITING[name](np.ones((64, 64), np.float32), out)
    assert not out.any()


@pytest.mark.parametrize("name", WRITING)
def test_an_out_may_lie_in_a_file(name: str, tmp_path: Path) -> None:
    out = np.memmap(tmp_path / "out", np.float32, "w+", shape=(5,))
    x = np.ones(5, np.float32)
    assert WRITING[name](x, out) is out
    assert np.array_equal(out, WRITING[name](x, np.empty_like(x)))


@pytest.mark.parametrize("name", EVERY)
def test_a_masked_array_is_refused_because_its_mask_would_be_lost(name: str) -> None:
    with pytest.raises(BadInput, match=r"^\w+ is a masked array; .*\.$"):
        EVERY[name](np.ma.masked_equal(np.eye(2), 1.0))


@pytest.mark.parametrize("name", WRITING)
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
def test_an_out_that_overlaps_the_input_holds_the_right_result(name: str, data: Any, dtype: Any) -> None:
    memory = np.linspace(-3, 3, 60, dtype=dtype)

    def window() -> np.ndarray:
        start, step = data.draw(st.integers(30, 40)), data.draw(st.sampled_from([-2, -1, 1, 2]))
        return memory[start::step][:8].reshape(shape)

    shape = data.draw(st.sampled_from([(8,), (2, 4)]))
    x, out = window(), window()
    expected = WRITING[name](x.copy(), np.empty_like(x))
    assert WRITING[name](x, out) is out
    assert np.array_equal(out, expected)


@pytest.mark.parametrize("name", WRITING)
def test_out_may_be_the_input_itself(name: str) -> None:
    x = np.linspace(-3, 3, 24, dtype=np.float32).reshape(4, 6)
    for view in (x.copy(), x.copy().T, x.copy()[::-1, ::2]):
        expected = WRITING[name](view.copy(), np.empty_like(view))
        assert WRITING[name](view, view) is view
        assert np.array_equal(view, expected)


def test_out_of_no_elements_is_fine() -> None:
    out = np.empty((0, 3), np.float32)
    assert fused_gelu(np.empty((0, 3), np.float32), out) is out


# -- softmax and layer norm ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gamma", "beta"])
@pytest.mark.parametrize("shape", [(), (1,), (2,), (2, 3), (3, 1)])
def test_gamma_and_beta_have_a_number_for_each_column(name: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput, match=rf"^{name} has shape .*\(3,\)"):
        layer_norm(np.ones((2, 3)), **{name: np.ones(shape)})


@pytest.mark.parametrize("eps", [-1.0, float("nan"), float("inf"), "1e-5", None, True, 1j])
def test_eps_is_a_number_from_zero_on(eps: Any) -> None:
    with pytest.raises(BadInput, match=r"^eps is "):
        layer_norm(np.ones((2, 3)), eps=eps)


def test_gamma_scales_and_beta_shifts_each_column() -> None:
    x = np.random.default_rng(1).normal(size=(5, 3))
    gamma, beta = np.array([1.0, -2.0, 0.5]), np.array([0.0, 3.0, 1.0])
    np.testing.assert_allclose(layer_norm(x, gamma, beta), plain_layer_norm(x) * gamma + beta)
    assert layer_norm(x.astype(np.float32), gamma.astype(np.float32)).dtype == np.float32
    assert layer_norm(x.astype(np.float32), gamma).dtype == np.float64
