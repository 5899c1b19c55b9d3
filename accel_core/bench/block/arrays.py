"""What a block starts from: random weights and input, and where it decodes keys and values of the context.

Numbers are uniform, and scaled so that what each operation makes is near 1: x with mean 0 and mean square 1, a
weight of n inputs with mean square 1/n.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.bench.block.room import Room
from accel_core.transformer import BlockShape

Array = NDArray[Any]


@dataclass(frozen=True)
class Given:
    """The arrays of a block before its first operation."""

    x: Array
    """(rows, width): a row for each token that is computed, sequence after sequence."""
    weights: Mapping[str, Array]
    """(inputs, outputs), by the operation's name. Those of the queries hold the factor 1/√head_size."""
    norms: Mapping[str, tuple[Array, ...]]
    """gamma and beta (width,), by the operation's name; gamma alone where the block is gated."""
    keys: Array
    """(batch, heads, sequence, head_size), the last token's still NaN; empty unless one is decoded."""
    values: Array
    room: Room
    """Where these lie, and what is computed from them."""


def given(shape: BlockShape, seed: int) -> Given:
    """The same arrays for the same `seed`."""
    random, room = np.random.default_rng(seed), Room(shape.dtype)
    kind: Any = np.dtype(shape.dtype)

    def uniform(dims: tuple[int, ...], mean_square: float) -> Array:
        made = room.array(*dims)
        random.random(dtype=kind, out=made)
        made -= kind.type(0.5)
        made *= kind.type(math.sqrt(12 * mean_square))
        return made

    width, held = (
        shape.width,
        (shape.batch, shape.heads, shape.sequence if shape.decode else 0, shape.head_size),
    )
    weights = {name: uniform(dims, 1 / dims[0]) for name, dims in _weight_dims(shape).items()}
    weights["QKV" if shape.joined else "Q"][:, :width] *= kind.type(1 / math.sqrt(shape.head_size))
    norms = {}
    for name in ("attention norm", "feed-forward norm"):
        gamma, beta = 1 + uniform((width,), 0.01), uniform((width,), 0.01)
        norms[name] = (gamma,) if shape.gated else (gamma, beta)
    x, keys, values = (uniform(dims, 1) for dims in ((shape.rows, width), held, held))
    for array in (keys, values):
        array[:, :, -1:] = np.nan  # one that is not written is no number near the right one
    return Given(x, weights, norms, keys, values, room)


def _weight_dims(shape: BlockShape) -> dict[str, tuple[int, int]]:
    width, inner = shape.width, shape.feed_forward
    projections = {"QKV": (width, 3 * width)} if shape.joined else dict.fromkeys("QKV", (width, width))
    up = dict.fromkeys(("gate", "up") if shape.gated else ("up",), (width, inner))
    return {**projections, "output projection": (width, width), **up, "down": (inner, width)}
