"""What a public function takes and may write: one set of rules for every operation.

Data types: float32 where every array is float32; float64 where one is float64, an integer or a boolean
(integers beyond 2^53 are rounded by that). float16, long double, complex numbers, text and objects are refused,
because a silent change of precision would make a timing mean something else. A plain Python number takes the
type of the arrays beside it, as in NumPy (NEP 50).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.errors import BadInput


def float_array(name: str, value: ArrayLike) -> NDArray[Any]:
    """`value` as an array that `same_type` can take, in native byte order; BadInput for any other."""
    if isinstance(value, np.ma.MaskedArray):
        raise BadInput(f"{name} is a masked array; fill what is masked first, for instance with filled(0).")
    try:
        array = np.asarray(value)
    except (TypeError, ValueError) as error:
        why = str(error).partition(". ")[0]  # NumPy's message may go on
        raise BadInput(f"{name} is not an array: {why}; give rows of equal length.") from error
    native = array.dtype.newbyteorder("=")
    if native.kind in "biu":
        return array
    if native not in (np.dtype(np.float32), np.dtype(np.float64)):
        raise BadInput(
            f"{name} has data type {array.dtype}; float32, float64, integers and booleans are allowed: "
            f"convert it first, for instance with astype('float32')."
        )
    return array.astype(native, copy=False)


def same_type(**values: ArrayLike) -> list[NDArray[Any]]:
    """All values as arrays of one dtype, float32 or float64; views where nothing has to be converted."""
    arrays = {name: float_array(name, value) for name, value in values.items()}
    deciding = [array.dtype for name, array in arrays.items() if type(values[name]) not in (bool, int, float)]
    single = bool(deciding) and all(dtype == np.float32 for dtype in deciding)
    return [array.astype(np.float32 if single else np.float64, copy=False) for array in arrays.values()]


def result_array(
    out: NDArray[Any] | None, shape: tuple[int, ...], dtype: np.dtype[Any], name: str = "out"
) -> NDArray[Any]:
    """`out` where it can hold the result, a new array where it is None; BadInput for any other.

    Of NumPy's own kinds of array only those in memory and in a file: a matrix keeps two axes when it is
    flattened, and compiled loops would write past its end.
    """
    if out is None:
        return np.empty(shape, dtype)
    if type(out) not in (np.ndarray, np.memmap):
        raise BadInput(
            f"{name} is a {type(out).__name__}; give a plain NumPy array of shape {shape} and {dtype}."
        )
    if out.shape != shape or out.dtype != dtype:
        raise BadInput(
            f"{name} has shape {out.shape} and data type {out.dtype}; the result needs {shape} and {dtype}."
        )
    if not out.flags.writeable:
        raise BadInput(f"{name} is read-only; give an array that may be written, or leave it out.")
    if _lies_on_itself(out):
        raise BadInput(f"{name} has elements that share memory; give an array whose elements are apart.")
    return out


def apart(array: NDArray[Any], out: NDArray[Any]) -> NDArray[Any]:
    """`array`, copied where writing `out` element by element would change an element not read yet.

    The same elements in the same places are not in the way: each is read before it is written. Whether others
    are shared is judged by the bounds of the memory, so two interleaved views are copied without need.
    """
    if not np.may_share_memory(array, out) or same_elements(array, out):
        return array
    return array.copy()


def same_elements(first: NDArray[Any], second: NDArray[Any]) -> bool:
    """Whether two arrays of one dtype are the same elements in the same places."""
    alike = first.shape == second.shape and first.strides == second.strides
    return alike and bool(first.ctypes.data == second.ctypes.data)


def _lies_on_itself(array: NDArray[Any]) -> bool:
    """Whether two elements may share memory: each stride must step over all that the smaller ones reach."""
    reach = array.itemsize
    for stride, length in sorted((abs(s), n) for s, n in zip(array.strides, array.shape, strict=True)):
        if length > 1:
            if stride < reach:
                return array.size > 0
            reach += (length - 1) * stride
    return False
