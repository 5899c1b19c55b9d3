"""The operations of a block as calls on arrays that are there already.

Products are np.matmul with `out=`. An element-wise operation writes where its rung takes `out`; else it makes a
new array in each call, as that rung does. What each makes is found by name, so that the next one reads it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from accel_core.bench.block.arrays import Array, Given
from accel_core.bench.block.rungs import rung
from accel_core.transformer import BlockShape, State

LIBRARY = "library"


@dataclass(frozen=True)
class Step:
    """One operation that can be run."""

    name: str
    how: str
    """As in `OperationTime.how`."""
    call: Callable[[], Any]


class Desk:
    """The arrays of one block by name, and how its operations are made of them."""

    def __init__(self, shape: BlockShape, given: Given, state: State, threads: int) -> None:
        self.shape, self.given, self._state, self._threads = shape, given, state, threads
        self.arrays: dict[str, Array] = {"x": given.x}

    def empty(self, *dims: int) -> Array:
        """An array of NaN: what is left of it was not written."""
        made = self.given.room.array(*dims)
        made.fill(np.nan)
        return made

    def product(self, name: str, source: str, out: Array | None = None) -> Step:
        """`source` times the weight called `name`, which is what the result is called too."""
        arrays, weight = self.arrays, self.given.weights[name]
        target = self.empty(self.shape.rows, weight.shape[1]) if out is None else out
        arrays[name] = target
        return Step(name, LIBRARY, lambda: np.matmul(arrays[source], weight, out=target))

    def norm(self, name: str, source: str) -> Step:
        """The norm of the rows of `source`, called `name`."""
        what = "RMS norm" if self.shape.gated else "layer norm"
        return self._elementwise(name, what, (source,), self.given.norms[name])

    def residual(self, name: str, *sources: str) -> Step:
        """The sum of both, called `name`."""
        return self._elementwise(name, "residual", sources)

    def activation(self) -> Step:
        """GELU of "up", or SwiGLU of "gate" and "up"; called like what it is."""
        if self.shape.gated:
            return self._elementwise("SwiGLU", "SwiGLU", ("gate", "up"))
        return self._elementwise("GELU", "GELU", ("up",))

    def function(self, what: str, dims: tuple[int, ...]) -> tuple[str, Callable[..., Array]]:
        """How `what` is computed, and its function, which returns an array of `dims`."""
        chosen = rung(what, self._state, int(np.prod(dims)), self._threads)
        return chosen.how, chosen.into(lambda: self.empty(*dims))

    def _elementwise(
        self, name: str, what: str, sources: tuple[str, ...], shared: tuple[Array, ...] = ()
    ) -> Step:
        arrays = self.arrays
        how, function = self.function(what, arrays[sources[0]].shape)
        arrays[name] = arrays[sources[0]]  # of the right shape, until the first call
        first, *more = sources

        def one() -> None:
            arrays[name] = function(arrays[first], *shared)

        def two() -> None:
            arrays[name] = function(arrays[first], arrays[more[0]])

        return Step(name, how, two if more else one)
