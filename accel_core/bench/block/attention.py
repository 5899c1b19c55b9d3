"""The attention of a block: from its norm to its residual.

Heads are views that BLAS takes with their strides, so splitting and joining them moves nothing. The factor
1/√head_size lies in the weights of the queries. What is done beyond the counts: where one token is decoded, its
key and value are written to those of the context (2·batch·width elements), timed with the product that makes
them; the scores of a causal sequence are masked, timed with softmax.

Tokens of a causal sequence go in GROUPS, each against the keys up to its own last, as scores of later tokens
are not counted: a share of about 1/GROUPS more is computed, which the mask sets to -inf.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from accel_core.bench.block.arrays import Array
from accel_core.bench.block.steps import LIBRARY, Desk, Step
from accel_core.transformer import BlockShape

GROUPS = 16


def attention(desk: Desk) -> list[Step]:
    """Its operations; "attention residual" is what they make, (rows, width)."""
    shape = desk.shape
    attended = desk.arrays["PV"] = desk.empty(shape.rows, shape.width)
    norm = desk.norm("attention norm", "x")
    projections, (queries, keys, values) = _projections(desk)
    return [
        norm,
        *projections,
        *_scores(desk, queries, keys, values, _heads(shape, attended)),
        desk.product("output projection", "PV"),
        desk.residual("attention residual", "x", "output projection"),
    ]


def _projections(desk: Desk) -> tuple[list[Step], tuple[Array, Array, Array]]:
    """The products, and queries, keys and values as (batch, heads, tokens, head_size)."""
    shape, width = desk.shape, desk.shape.width
    if shape.joined:
        whole = desk.empty(shape.rows, 3 * width)
        parts = [whole[:, at * width : (at + 1) * width] for at in range(3)]
        outs = {"QKV": whole}
    else:
        parts = [desk.empty(shape.rows, width) for _ in range(3)]
        outs = dict(zip("QKV", parts, strict=True))
    steps = {name: desk.product(name, "attention norm", out) for name, out in outs.items()}
    queries, keys, values = (_heads(shape, part) for part in parts)
    if not shape.decode:
        return list(steps.values()), (queries, keys, values)
    held = {"K": desk.given.keys, "V": desk.given.values}
    new = {"K": keys, "V": values}
    for name, step in steps.items():
        kept = [(held[one][:, :, -1:], new[one]) for one in "KV" if name in (one, "QKV")]
        steps[name] = Step(step.name, step.how, partial(_and_keep, step.call, kept)) if kept else step
    return list(steps.values()), (queries, held["K"], held["V"])


def _and_keep(call: Callable[[], Any], kept: list[tuple[Array, Array]]) -> None:
    call()
    for held, new in kept:
        held[...] = new


def _heads(shape: BlockShape, array: Array) -> Array:
    """A view (batch, heads, tokens, head_size) of (rows, width)."""
    view = array.view()
    view.shape = (shape.batch, shape.tokens, shape.heads, shape.head_size)  # fails where it would be a copy
    return view.transpose(0, 2, 1, 3)


def groups(shape: BlockShape) -> list[slice]:
    """The tokens of each product of scores; the last one of a group looks at the keys up to itself."""
    many = GROUPS if shape.causal and not shape.decode else 1
    each = -(-shape.tokens // many)
    return [slice(start, min(start + each, shape.tokens)) for start in range(0, shape.tokens, each)]


def _scores(desk: Desk, queries: Array, keys: Array, values: Array, attended: Array) -> list[Step]:
    """QK^T, softmax and PV, group by group."""
    shape, multiply = desk.shape, np.matmul
    score, share, attend, hows = [], [], [], []
    for group in groups(shape):
        many = shape.sequence if shape.decode else group.stop
        scores = desk.empty(shape.batch, shape.heads, group.stop - group.start, many)
        flat = scores.reshape(-1, many)
        how, function = desk.function("softmax", flat.shape)
        hows.append(how)
        held = _Shares(function, flat, scores.shape, _mask(shape, group, scores))
        score.append(
            partial(multiply, queries[:, :, group], keys[:, :, :many].transpose(0, 1, 3, 2), out=scores)
        )
        share.append(held.compute)
        attend.append(partial(held.attend, values[:, :, :many], attended[:, :, group]))
    return [
        Step("QK^T", LIBRARY, _each(score)),
        Step("softmax", max(hows, key=hows.count), _each(share)),
        Step("PV", LIBRARY, _each(attend)),
    ]


class _Shares:
    """Softmax of the scores of one group, and its product with the values."""

    def __init__(
        self,
        function: Callable[[Array], Array],
        flat: Array,
        dims: tuple[int, ...],
        mask: tuple[Array, Array] | None,
    ) -> None:
        self._function, self._flat, self._dims, self._mask = function, flat, dims, mask
        self._shares = flat

    def compute(self) -> None:
        if self._mask is not None:
            scores, later = self._mask
            np.copyto(scores, -np.inf, where=later)
        self._shares = self._function(self._flat)

    def attend(self, values: Array, out: Array) -> None:
        np.matmul(self._shares.reshape(self._dims), values, out=out)


def _mask(shape: BlockShape, group: slice, scores: Array) -> tuple[Array, Array] | None:
    """The scores of a causal group against its own tokens, and which of them are of later ones."""
    if not shape.causal or shape.decode:
        return None
    own = scores[..., group]
    return own, np.triu(np.ones(own.shape[-2:], bool), 1)


def _each(calls: Sequence[Callable[[], Any]]) -> Callable[[], Any]:
    """One call that makes all of `calls`."""
    if len(calls) == 1:
        return calls[0]

    def every() -> None:
        for call in calls:
            call()

    return every
