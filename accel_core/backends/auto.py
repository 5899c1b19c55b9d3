"""AutoBackend: gives each call to the backend that is fastest for it on this machine, and remembers whom.

A call looks its operands up by all that the choice depends on: type, shape, flags (contiguous, writeable,
aligned) and dtype. It finds a function that takes just such arrays, so nothing is checked twice. What is not
found is checked in full, decided and remembered. `explain` says what would be taken, and why.
"""

from __future__ import annotations

import math
import operator
import sys
import warnings
from abc import update_abstractmethods
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.backends.checked import CheckedBackend, layer_norm_operands, product_shape
from accel_core.backends.chooser import Choice, Chooser, load_crossovers
from accel_core.backends.current import find_backend
from accel_core.backends.interface import ComputeBackend
from accel_core.errors import AccelWarning, BadInput, quoted
from accel_core.kernels.matmul.plan import plan_here
from accel_core.kernels.operands import same_type
from accel_core.kernels.widths import chosen
from accel_core.model import Shape, require_dtype
from accel_core.operations import ELEMENTS, LAYOUTS, OPERATIONS, PRODUCT, ROWS, Operation, find_operation

MOST_REMEMBERED = 4096
"""Kinds of operands, so that a program whose shapes never repeat does not grow without end."""
Array = NDArray[Any]
Run = Callable[..., Any]
Known = dict[Hashable, Run]
_MISSES = (KeyError, AttributeError, TypeError)
"""What a look-up raises for operands that are new, no arrays at all, or arrays of a kind that cannot be a
key."""


class AutoBackend(ComputeBackend):
    """Chooses by operation, shape, dtype, contiguity and machine, from measured crossovers or else by rule.

    `chooser.choose(...)` says what would be taken and why; the function `explain` asks it in the words of a
    reader.
    """

    def __init__(self, chooser: Chooser | None = None) -> None:
        self.chooser = chooser or Chooser(load_crossovers)
        self._known: dict[str, Known] = {name: {} for name in OPERATIONS}
        self._matmul, self._gelu, self._add = (self._known[name] for name in ("matmul", "gelu", "add"))
        self._softmax, self._layer_norm = self._known["softmax"], self._known["layer_norm"]

    def reload(self) -> None:
        """Forget all choices, and read the measured crossovers anew at the next one."""
        self.chooser.reload()
        for known in self._known.values():
            known.clear()

    # These look-ups are written out: the shared one (`_look_up`) takes as long as a small product.

    def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
        """a (..., m, k), b (..., k, n) -> (..., m, n): by the fastest."""
        try:
            run = self._matmul[type(a), a.shape, a.flags.num, a.dtype, type(b), b.shape, b.flags.num, b.dtype]  # type: ignore
        except _MISSES:
            a, b = same_type(a=a, b=b)
            product_shape(a.shape, b.shape)
            run = self._decide("matmul", self._matmul, (*_key(a), *_key(b)), a, b)
        return run(a, b)

    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        """x (any shape) -> same shape: by the fastest."""
        try:
            run = self._gelu[type(x), x.shape, x.flags.num, x.dtype]  # type: ignore
        except _MISSES:
            (x,) = same_type(x=x)
            run = self._decide("gelu", self._gelu, _key(x), x)
        return run(x)

    def add(self, x: ArrayLike, y: ArrayLike) -> NDArray[Any]:
        """x and y (shapes that broadcast) -> their common shape: by the fastest."""
        try:
            run = self._add[type(x), x.shape, x.flags.num, x.dtype, type(y), y.shape, y.flags.num, y.dtype]  # type: ignore
        except _MISSES:
            x, y = same_type(x=x, y=y)
            run = self._decide("add", self._add, (*_key(x), *_key(y)), x, y)
        return run(x, y)

    def softmax(self, x: ArrayLike) -> NDArray[Any]:
        """x (..., columns) -> same shape: by the fastest."""
        try:
            run = self._softmax[type(x), x.shape, x.flags.num, x.dtype]  # type: ignore
        except _MISSES:
            (x,) = same_type(x=x)
            run = self._decide("softmax", self._softmax, _key(x), x)
        return run(x)

    def layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
    ) -> NDArray[Any]:
        """x (..., columns) -> same shape: by the fastest."""
        try:
            run = self._layer_norm[
                _key(x), gamma if gamma is None else _key(gamma), beta if beta is None else _key(beta)
            ]
            if type(eps) is not float or not 0 <= eps < math.inf:
                raise KeyError
        except _MISSES:
            x, gamma, beta, eps = layer_norm_operands(x, gamma, beta, eps)
            rows = (None if row is None else _key(row) for row in (gamma, beta))
            run = self._decide("layer_norm", self._layer_norm, (_key(x), *rows), x)
        return run(x, gamma, beta, eps)

    def _decide(self, name: str, known: Known, key: Hashable, *arrays: Array) -> Run:
        """The function for operands of which `arrays` decide the time, remembered in `known`."""
        operation = OPERATIONS[name]
        kind = kind_of(operation, *arrays)
        backend = self.chooser.choose(name, kind[0], arrays[0].dtype.name, kind[1]).backend if kind else "numpy"
        if len(known) >= MOST_REMEMBERED:
            known.clear()
        run = known[key] = route(_ready(backend), operation, *arrays)
        return run


def _look_up(operation: str) -> Run:
    """The method for an operation for which none is written out: it takes arrays and nothing else."""

    def run(self: AutoBackend, *arrays: Any) -> Any:
        known = self._known.setdefault(operation, {})
        try:
            method = known[tuple(map(_key, arrays))]
        except _MISSES:
            arrays = tuple(same_type(**dict(zip(OPERATIONS[operation].arrays, arrays, strict=True))))
            method = self._decide(operation, known, tuple(map(_key, arrays)), *arrays)
        return method(*arrays)

    return run


for _name in OPERATIONS.keys() - vars(AutoBackend).keys():
    setattr(AutoBackend, _name, _look_up(_name))
update_abstractmethods(AutoBackend)


def _ready(name: str) -> ComputeBackend:
    """The backend called `name`; numpy where somebody else's cannot be loaded any more, with a warning."""
    try:
        return find_backend(name)
    except Exception as error:  # whatever their package raises
        warnings.warn(
            f"The backend {name} was the fastest and cannot be used ({type(error).__name__}: {error}): numpy "
            "works in its place. Mend or remove its package, then calibrate again.",
            AccelWarning,
            stacklevel=4,
        )
        return find_backend("numpy")


def _key(array: Any) -> tuple[Any, ...]:
    """All that a choice depends on."""
    return type(array), array.shape, array.flags.num, array.dtype


def kind_of(operation: Operation, *arrays: Array) -> tuple[Shape, str] | None:
    """(lengths, layout): what the choice depends on for arrays that were checked.

    None where there is nothing to choose: a vector times something, shapes that differ, no elements.
    """
    first = arrays[0]
    if operation.form is PRODUCT:
        return _kind_of_product(*arrays)
    if not first.size or any(array.shape != first.shape for array in arrays):
        return None
    if operation.form is ROWS and not first.ndim:
        return None
    is_plain = all(array.flags.c_contiguous for array in arrays)
    return operation.form.lengths_of(first.shape), "C" if is_plain else "strided"


def _kind_of_product(a: Array, b: Array) -> tuple[Shape, str] | None:
    if a.ndim < 2 or b.ndim < 2 or not a.size or not b.size:
        return None
    k, n = b.shape[-2:]
    layout = "transposed" if "transposed" in (_lies(a), _lies(b)) else "C"
    if b.ndim == 2:
        return (1, a.size // k, k, n), layout
    batch = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    return (math.prod(batch), a.shape[-2], k, n), layout


def route(backend: ComputeBackend, operation: Operation, *arrays: Array) -> Run:
    """The function of `backend` that serves all operands like `arrays`, with the reshaping done around it.

    They were checked, so it checks nothing again where `backend` keeps checking apart.
    """
    own: Run = getattr(backend, operation.name)
    if not isinstance(backend, CheckedBackend):
        return own
    if operation.form is PRODUCT:
        return _route_product(backend, *arrays)
    if kind_of(operation, *arrays) is None:
        return own
    run: Run = getattr(backend, f"plain_{operation.name}")
    if operation.form is ELEMENTS or arrays[0].ndim == 2:
        return run
    shape = arrays[0].shape
    rows = operation.form.lengths_of(shape)
    return lambda x, *more: run(x.reshape(rows), *more).reshape(shape)


def _route_product(backend: CheckedBackend, a: Array, b: Array) -> Run:
    product: Run = backend.plain_matmul
    if "strided" in (_lies(a), _lies(b)):
        product = _forwards(product)
    if a.ndim == b.ndim == 2:
        return product
    if a.ndim < 2 or b.ndim != 2 or not a.size:
        return backend.plain_matmuls
    rows, k, shape = a.size // a.shape[-1], a.shape[-1], product_shape(a.shape, b.shape)
    return lambda a, b: product(a.reshape(rows, k), b).reshape(shape)


def _lies(matrix: Array) -> str:
    """How a matrix, or each matrix of a batch, lies: "C", "transposed" or "strided"."""
    if matrix.flags.c_contiguous:
        return "C"
    if matrix.ndim > 1 and matrix.swapaxes(-1, -2).flags.c_contiguous:
        return "transposed"
    return "strided"


def _forwards(product: Run) -> Run:
    """`product` with operands that run backwards copied first: the library behind NumPy cannot take them, and
    NumPy then multiplies by a loop of its own (NumPy 2.4: 3.5 times slower for 512 x 512)."""

    def run(a: Array, b: Array) -> Any:
        return product(_forward(a), _forward(b))

    return run


def _forward(array: Array) -> Array:
    return np.ascontiguousarray(array) if min(array.strides) < 0 else array


def explain(operation: str, shape: Sequence[int], dtype: str = "float32", layout: str = "C") -> Choice:
    """What AutoBackend would take for `operation` at `shape` and why; printed, it is a sentence.

    `shape` is (m, k, n) or (batch, m, k, n) for matmul and the shape of x for all others. Where two layouts are
    one to AutoBackend, the choice names the one that it looks up. Raises BadInput for an operation, shape,
    dtype or layout that there is not.
    """
    form = find_operation(operation).form
    name = getattr(np.dtype(dtype), "name", dtype) if isinstance(dtype, type | np.dtype) else dtype
    require_dtype(name)
    if layout not in LAYOUTS:
        raise BadInput(f"layout is {quoted(layout)}; one of {', '.join(LAYOUTS)} is allowed.")
    backend = find_backend("auto")
    chooser = backend.chooser if isinstance(backend, AutoBackend) else AutoBackend().chooser
    choice = chooser.choose(operation, form.lengths_of(_whole(shape)), name, form.layouts[layout])
    if choice.backend not in ("compiled", "compiled_threads"):
        return choice
    if operation == "matmul":
        return replace(choice, blocks="by measurement here" if plan_here(name).measured else "by rule")
    return replace(choice, vectors=str(chosen(name))) if form is ELEMENTS else choice


def _whole(shape: Sequence[int]) -> Shape:
    """`shape` as whole numbers; BadInput where no array has it."""
    try:
        lengths = tuple(operator.index(length) for length in shape)
    except TypeError:
        raise BadInput(f"shape is {quoted(shape)}; give whole numbers, for instance 512,512,512.") from None
    if not lengths or min(lengths) < 1:
        raise BadInput(f"shape is {quoted(shape)}; every length must be 1 or more.")
    if max(lengths) > sys.maxsize:
        raise BadInput(
            f"shape has a length of more than {sys.maxsize}; no array is so long: give a shorter one."
        )
    return lengths
