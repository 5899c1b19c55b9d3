"""The largest number of a row by whole numbers: what NumPy says, for zeros of both signs and infinities too."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from accel_core.kernels.compiled import compiled
from accel_core.kernels.largest import largest
from accel_core.model import DTYPES


@compiled
def found(row: np.ndarray) -> float:
    return largest(row)


@pytest.mark.parametrize("dtype", DTYPES)
@given(st.data())
def test_it_is_what_numpy_finds(dtype: str, data: st.DataObject) -> None:
    width = 8 * np.dtype(dtype).itemsize
    numbers = st.floats(width=width, allow_nan=False) | st.sampled_from([0.0, -0.0, math.inf, -math.inf])
    row = data.draw(npst.arrays(dtype, st.integers(1, 70), elements=numbers))
    assert found(row) == row.max()


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_of_the_smallest_numbers_has_one(dtype: str) -> None:
    tiny = np.finfo(dtype).smallest_subnormal
    assert found(np.array([-tiny, tiny, 0], dtype)) == tiny
    assert found(np.full(3, -np.inf, dtype)) == -np.inf
