"""AutoBackend: gives each call to the backend that is fastest for it on this machine, and remembers whom.

A call looks its operands up by all that the choice depends on: type, shape, flags (contiguous, writeable,
aligned) and dtype. It finds a function that takes just such arrays, so nothing is checked twice. What is not
found is checked in full, decided and remembered.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from accel_core.backends import routes
from accel_core.backends.checked import layer_norm_operands
from accel_core.backends.chooser import Chooser
from accel_core.backends.current import find_backend
from accel_core.backends.interface import ComputeBackend
from accel_core.backends.shapes import product_shape
from accel_core.backends.stored import load_crossovers
from accel_core.kernels.operands import same_type

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
        self._matmul: Known = {}
        self._gelu: Known = {}
        self._add: Known = {}
        self._softmax: Known = {}
        self._layer_norm: Known = {}

    def reload(self) -> None:
        """Forget all choices, and read the measured crossovers anew at the next one."""
        self.chooser.reload()
        for known in (self._matmul, self._gelu, self._add, self._softmax, self._layer_norm):
            known.clear()

    # The look-ups are written out: a shared one would take as long as a small product.

    def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
        try:
            run = self._matmul[type(a), a.shape, a.flags.num, a.dtype, type(b), b.shape, b.flags.num, b.dtype]  # type: ignore
        except _MISSES:
            run, a, b = self._decide_matmul(a, b)
        return run(a, b)

    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        try:
            run = self._gelu[type(x), x.shape, x.flags.num, x.dtype]  # type: ignore
        except _MISSES:
            run, x = self._decide_gelu(x)
        return run(x)

    def add(self, x: ArrayLike, y: ArrayLike) -> NDArray[Any]:
        try:
            run = self._add[type(x), x.shape, x.flags.num, x.dtype, type(y), y.shape, y.flags.num, y.dtype]  # type: ignore
        except _MISSES:
            run, x, y = self._decide_add(x, y)
        return run(x, y)

    def softmax(self, x: ArrayLike) -> NDArray[Any]:
        try:
            run = self._softmax[type(x), x.shape, x.flags.num, x.dtype]  # type: ignore
        except _MISSES:
            run, x = self._decide_softmax(x)
        return run(x)

    def layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
    ) -> NDArray[Any]:
        try:
            run = self._layer_norm[
                _key(x), gamma if gamma is None else _key(gamma), beta if beta is None else _key(beta)
            ]
            if type(eps) is not float or not 0 <= eps < math.inf:
                raise KeyError
        except _MISSES:
            run, x, gamma, beta, eps = self._decide_layer_norm(x, gamma, beta, eps)
        return run(x, gamma, beta, eps)

    def _decide_matmul(self, a: ArrayLike, b: ArrayLike) -> tuple[Run, Array, Array]:
        left, right = same_type(a=a, b=b)
        product_shape(left.shape, right.shape)
        run: Run = np.matmul
        kind = routes.kind_of_product(left, right)
        if kind is not None:
            run = routes.route_product(self._chosen("matmul", kind, left), left, right)
        _remember(self._matmul, (*_key(left), *_key(right)), run)
        return run, left, right

    def _decide_gelu(self, x: ArrayLike) -> tuple[Run, Array]:
        (array,) = same_type(x=x)
        kind = routes.kind_of_elements(array)
        backend = find_backend("numpy") if kind is None else self._chosen("gelu", kind, array)
        run = routes.route_elements(backend, "gelu")
        _remember(self._gelu, _key(array), run)
        return run, array

    def _decide_add(self, x: ArrayLike, y: ArrayLike) -> tuple[Run, Array, Array]:
        left, right = same_type(x=x, y=y)
        kind = routes.kind_of_elements(left, right)
        if kind is None:  # they broadcast, or they do not go together
            return find_backend("numpy").add, left, right
        run = routes.route_elements(self._chosen("add", kind, left), "add")
        _remember(self._add, (*_key(left), *_key(right)), run)
        return run, left, right

    def _decide_softmax(self, x: ArrayLike) -> tuple[Run, Array]:
        (array,) = same_type(x=x)
        kind = routes.kind_of_rows(array)
        if kind is None:
            return find_backend("numpy").softmax, array
        run = routes.route_rows(self._chosen("softmax", kind, array), "softmax", array)
        _remember(self._softmax, _key(array), run)
        return run, array

    def _decide_layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None, beta: ArrayLike | None, eps: float
    ) -> tuple[Run, Array, Array | None, Array | None, float]:
        array, scale, shift, epsilon = layer_norm_operands(x, gamma, beta, eps)
        kind = routes.kind_of_rows(array)
        if kind is None:
            return find_backend("numpy").layer_norm, array, scale, shift, epsilon
        run = routes.route_rows(self._chosen("layer_norm", kind, array), "layer_norm", array)
        keys = tuple(None if row is None else _key(row) for row in (scale, shift))
        _remember(self._layer_norm, (_key(array), *keys), run)
        return run, array, scale, shift, epsilon

    def _chosen(self, operation: str, kind: routes.Kind, array: Array) -> ComputeBackend:
        return find_backend(self.chooser.choose(operation, kind[0], array.dtype.name, kind[1]).backend)


def _key(array: Any) -> tuple[Any, ...]:
    """All that a choice depends on."""
    return type(array), array.shape, array.flags.num, array.dtype


def _remember(known: Known, key: Hashable, run: Run) -> None:
    if len(known) >= MOST_REMEMBERED:
        known.clear()
    known[key] = run
