"""The largest number of a row, by comparisons of whole numbers, which become vector instructions.

A comparison of floating-point numbers has an answer for NaN that keeps a loop of them scalar. The bits of two
numbers that are not negative, read as whole numbers, are in the order of the numbers (IEEE 754-2019, section
3.4); those of negative ones are so once all but the sign are turned round.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import types
from numba.extending import overload
from numpy.typing import NDArray


def largest(row: NDArray) -> Any:
    """The largest number of row (n,), n >= 1, in compiled code; NaN or any number where one of them is NaN."""
    return np.max(row)


def _by_bits(kind: Any) -> Callable[..., Any]:
    sign, rest, least = kind(8 * kind().itemsize - 1), np.iinfo(kind).max, np.iinfo(kind).min

    def find(row: Any) -> Any:
        bits, most = row.view(kind), kind(least)
        for j in range(bits.size):
            ordered = kind(bits[j] ^ kind(kind(bits[j] >> sign) & kind(rest)))
            most = ordered if ordered > most else most
        return kind(most ^ kind(kind(most >> sign) & kind(rest))).view(row.dtype)

    return find


_BY_BITS = {types.float32: _by_bits(np.int32), types.float64: _by_bits(np.int64)}


@overload(largest, jit_options={"forceinline": True, "error_model": "numpy"})
def _compiled_largest(row: Any) -> Any:
    return _BY_BITS.get(row.dtype)
