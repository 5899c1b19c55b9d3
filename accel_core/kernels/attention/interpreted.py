"""Attention in plain Python and by NumPy.

The contract of every rung: `attention_<how>(q, k, v, mask=None)` takes q (batch, heads, queries, d), k and
v (batch, heads, keys, d), all float32 or all float64, and returns softmax(q kᵀ / √d + mask) v of each head,
(batch, heads, queries, d), in that dtype, in a new array or in `out` where the rung takes one, which is no part
of an input. `mask` broadcasts to (batch, heads, queries, keys): 0 where a query sees a key, -inf where it does
not, or any number to add.
`attention_causal_<how>` is the same where the queries are the last tokens of the keys, and none sees a key
after itself. Any strides, read-only arrays and empty axes are allowed; inputs are never written.

A query that sees nothing, whose scores are all -inf or which has no keys, gives 0. A query whose scores hold
NaN or +inf is NaN; scores that are more than the dtype holds are infinite. Values have to be finite: what is
NaN or infinite in v may make NaN of all queries of its head, for 0 ∞ is NaN.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = list[list[float]]


def python_loops(q: Rows, k: Rows, v: Rows, mask: Rows | None, o: NDArray) -> None:
    """Write attention of one head, q (queries, d), k and v (keys, d), to o (queries, d)."""
    for i, asking in enumerate(q):
        scores = []
        for j, looked_at in enumerate(k):
            score = 0.0
            for p, number in enumerate(asking):
                score += number * looked_at[p]
            scores.append(score / math.sqrt(len(asking)) + (mask[i][j] if mask else 0.0))
        top = max(scores, default=-math.inf)
        powers = [math.exp(score - (top if top > -math.inf else 0.0)) for score in scores]
        total = sum(powers)
        for p in range(o.shape[1]):
            o[i, p] = 0.0
            for j, power in enumerate(powers):
                o[i, p] += power / (total or 1.0) * v[j][p]


def numpy_heads(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None, o: NDArray) -> None:
    """Write attention of each head, q (batch, heads, queries, d), k and v (batch, heads, keys, d), to o."""
    for head in np.ndindex(q.shape[:2]):
        scores = q[head] @ k[head].T
        scores = scores / math.sqrt(q.shape[-1])
        if mask is not None:
            scores = scores + mask[head]
        powers = np.exp(scores - tops(scores))
        o[head] = (powers / totals(powers)) @ v[head]


def batched(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None, o: NDArray) -> None:
    """Write attention of all heads, q (batch, heads, queries, d), k and v (batch, heads, keys, d), to o."""
    scores = q @ k.swapaxes(-1, -2)
    scores = scores / math.sqrt(q.shape[-1])
    if mask is not None:
        scores = scores + mask
    powers = np.exp(scores - tops(scores))
    np.matmul(powers / totals(powers), v, out=o)


def in_place(q: NDArray, turned: NDArray, v: NDArray, mask: NDArray | None, o: NDArray) -> None:
    """Write attention of all heads, q (batch, heads, queries, d), kᵀ (batch, heads, d, keys), to o."""
    scores = q @ turned
    scores /= math.sqrt(q.shape[-1])
    if mask is not None:
        scores += mask
    scores -= tops(scores)
    np.exp(scores, out=scores)
    scores /= totals(scores)
    np.matmul(scores, v, out=o)


def keys_transposed(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None, o: NDArray) -> None:
    """Write attention of all heads, q (batch, heads, queries, d), k and v (batch, heads, keys, d), to o."""
    turned = np.ascontiguousarray(k.swapaxes(-1, -2))
    in_place(q, turned, v, mask, o)


def tops(scores: NDArray) -> Any:
    """The largest score of each query; 0 where none is more than -inf, so that its powers are 0, not NaN."""
    top = scores.max(axis=-1, keepdims=True, initial=-math.inf)
    top[top == -math.inf] = 0
    return top


def totals(powers: NDArray) -> Any:
    """The sum of each query's powers; 1 where they are all 0, so that its shares are 0, not NaN."""
    total = powers.sum(axis=-1, keepdims=True)
    total[total == 0] = 1
    return total


def seen(q: NDArray, v: NDArray, mask: NDArray | None, causal: bool) -> NDArray | None:
    """What is added to the scores (batch, heads, queries, keys), as a view of less where it is the same; None
    where nothing is."""
    if mask is not None:
        mask = masked(mask, q.dtype)
    if causal:
        queries, keys = q.shape[2], v.shape[2]
        after = np.arange(keys) > np.arange(keys - queries, keys)[:, None]
        mask = np.where(after, q.dtype.type(-math.inf), q.dtype.type(0) if mask is None else mask)
    return None if mask is None else np.broadcast_to(mask, (*q.shape[:3], v.shape[2]))


def masked(mask: NDArray, dtype: Any) -> NDArray:
    """The mask in `dtype`; a number that it does not hold is infinite."""
    with np.errstate(over="ignore"):
        return np.asarray(mask, dtype)


def _numpy(how: Any, q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None, causal: bool, o: Any) -> NDArray:
    """`how` on these arrays, into `o` or a new array."""
    o = np.empty(q.shape, q.dtype) if o is None else o
    with np.errstate(all="ignore"):
        if o.size:
            how(q, k, v, seen(q, v, mask, causal), o)
    return np.asarray(o)


def attention_python_loops(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, causal: bool = False
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: loops over lists of Python's numbers,
    which are doubles."""
    o, added = np.zeros(q.shape, q.dtype), seen(q, v, mask, causal)
    for head in np.ndindex(q.shape[:2] if o.size else (0,)):
        rows = None if added is None else added[head].tolist()
        with np.errstate(all="ignore"):
            python_loops(q[head].tolist(), k[head].tolist(), v[head].tolist(), rows, o[head])
    return o


def attention_causal_python_loops(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_python_loops(q, k, v, mask, causal=True)


def attention_numpy_heads(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, causal: bool = False
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: whole arrays, head by head."""
    return _numpy(numpy_heads, q, k, v, mask, causal, None)


def attention_causal_numpy_heads(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_numpy_heads(q, k, v, mask, causal=True)


def attention_batched(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, causal: bool = False
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: whole arrays of all heads at once."""
    return _numpy(batched, q, k, v, mask, causal, None)


def attention_causal_batched(q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_batched(q, k, v, mask, causal=True)


def attention_in_place(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    mask: NDArray | None = None,
    causal: bool = False,
    out: NDArray | None = None,
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: one array of scores for all steps."""
    return _numpy(in_place, q, k.swapaxes(-1, -2), v, mask, causal, out)


def attention_causal_in_place(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, out: NDArray | None = None
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_in_place(q, k, v, mask, causal=True, out=out)


def attention_keys_transposed(
    q: NDArray,
    k: NDArray,
    v: NDArray,
    mask: NDArray | None = None,
    causal: bool = False,
    out: NDArray | None = None,
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: `in_place` after a copy of kᵀ."""
    return _numpy(keys_transposed, q, k, v, mask, causal, out)


def attention_causal_keys_transposed(
    q: NDArray, k: NDArray, v: NDArray, mask: NDArray | None = None, out: NDArray | None = None
) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q: the same, causal."""
    return attention_keys_transposed(q, k, v, mask, causal=True, out=out)
