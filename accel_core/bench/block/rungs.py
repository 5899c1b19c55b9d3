"""Which function computes each element-wise operation of a block, and what that is called."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from accel_core import registry
from accel_core.bench.block.arrays import Array
from accel_core.kernels import gated
from accel_core.kernels.chunks import THREADED_FROM
from accel_core.transformer import BlockShape, State

Function = Callable[..., Any]


@dataclass(frozen=True)
class Rung:
    """A function of arrays that returns its result, in `out` where it `writes_out`."""

    how: str
    """As in `OperationTime.how`."""
    function: Function
    writes_out: bool

    def into(self, out: Callable[[], Array]) -> Function:
        """The function, which writes into `out()`, made here, or else into a new array each time."""
        return partial(self.function, out=out()) if self.writes_out else self.function


_LADDERS = {
    "softmax": "softmax",
    "layer norm": "layer_norm",
    "GELU": "gelu",
    "residual": "add",
}
_NAMES = {("gelu", "numpy"): "expression", ("gelu", "compiled"): "fused", ("add", "numpy"): "in_place"}
"""Rungs of a ladder that are called otherwise there. A sum is one step, so NumPy's makes no array more."""


def rung(what: str, state: State, elements: int, threads: int) -> Rung:
    """What computes `what` ("softmax", "layer norm", "RMS norm", "GELU", "SwiGLU" or "residual") in `state`.

    Compiled loops share out results of so many `elements` that it pays (chunks.THREADED_FROM).
    """
    how = state.softmax if what == "softmax" else state.elementwise
    threaded = "_threads" if how == "compiled" and threads > 1 and elements >= THREADED_FROM else ""
    if what in _LADDERS:
        ladder = _LADDERS[what]
        name = _NAMES.get((ladder, how), how)
        kernel = registry.kernel(f"{ladder}/{name}{threaded}")[1]
        called = name if name in ("in_place", "python_loops") else how
        return Rung(called + threaded, kernel.function, kernel.writes_out)
    function = getattr(gated, f"{what.lower().replace(' ', '_')}_{how}{threaded}")
    return Rung(how + threaded, function, how == "compiled")


def compiled_functions(shape: BlockShape, state: State, threads: int) -> list[Function]:
    """What a block of `shape` in `state` may have to compile."""
    norm, activation = ("RMS norm", "SwiGLU") if shape.gated else ("layer norm", "GELU")
    elements = {
        "softmax": shape.rows * shape.heads * shape.sequence,
        norm: shape.rows * shape.width,
        activation: shape.rows * shape.feed_forward,
        "residual": shape.rows * shape.width,
    }
    wanted = [rung(what, state, most, threads) for what, most in elements.items()]
    return [one.function for one in wanted if one.how.startswith("compiled")]
