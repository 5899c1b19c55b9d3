"""Workloads attention and attention_causal: softmax(q kᵀ / √d) v of each head, with one ladder."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels.attention.ladder import ladder
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Array, Shape, Workload
from accel_core.model.words import UNIT_ROUNDOFF, sum_tolerance

HEADS, HEAD_SIZE = 12, 64
"""Of GPT-2 small: A. Radford et al., "Language Models are Unsupervised Multitask Learners" (2019)."""
_ROWS_AT_ONCE = 256
"""Queries of a head whose scores the reference holds at once, so that it needs no array of all."""


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray, NDArray, NDArray]:
    """q (batch, heads, queries, d), k and v (batch, heads, keys, d), normal with standard deviation 1: so are
    the scores, and a query's shares go from e^-3 to e^3 times the mean one. None is lost beside the others."""
    batch, heads, queries, keys, size = shape
    random = np.random.default_rng(seed)
    lengths = (queries, keys, keys)
    q, k, v = (random.standard_normal((batch, heads, n, size)).astype(dtype) for n in lengths)
    return q, k, v


def _reference(q: NDArray, k: NDArray, v: NDArray, causal: bool = False) -> NDArray:
    """q (batch, heads, queries, d), k, v (batch, heads, keys, d) -> as q, float64: each query's sum of powers
    times values, divided by its sum of powers at the end. The tests hold it against exact sums."""
    o = np.zeros(q.shape, np.float64)
    queries, keys, size = q.shape[2], k.shape[2], q.shape[3]
    if not o.size or not keys:
        return o
    for head in np.ndindex(q.shape[:2]):
        turned, values = k[head].T.astype(np.float64), v[head].astype(np.float64)
        for start in range(0, queries, _ROWS_AT_ONCE):
            asking = q[head][start : start + _ROWS_AT_ONCE].astype(np.float64)
            scores = asking @ turned / math.sqrt(size)
            if causal:
                last = np.arange(start, start + len(asking)) + keys - queries
                scores[np.arange(keys) > last[:, None]] = -np.inf
            top = scores.max(axis=-1, keepdims=True)
            powers = np.exp(scores - np.where(np.isfinite(top), top, 0))
            total = powers.sum(axis=-1, keepdims=True)
            o[head][start : start + len(asking)] = powers @ values / np.where(total > 0, total, 1)
    return o


def _causal_reference(q: NDArray, k: NDArray, v: NDArray) -> NDArray:
    return _reference(q, k, v, causal=True)


def _tolerance(shape: Shape, dtype: str) -> float:
    """That of a sum of head_size + keys products, and no less than 64 u, with u the unit roundoff, relative to
    the largest entry.

    A score is a sum of d products of size 1 over √d. It is off by about √d u, and its power by that share of
    itself and the few u of the power. An entry of o is a mean of values of either sign, and the errors of its
    shares have either sign too: so both are of the order of one over the root of the keys that count, and
    their ratio is that of one share. Summing over the keys adds √keys u of the partial sums, which are of the
    entry's size. The total moves all entries of a query alike, by less.
    """
    *_, keys, size = shape
    return max(sum_tolerance(size + keys, dtype), 64 * UNIT_ROUNDOFF[dtype])


_ASKING, _KEPT = (("batch", "heads", which, "head_size") for which in ("queries", "keys"))
_FORMULA = (
    "with q, k, v and out of one head as matrices, each row of out is a mean of the rows of v, weighted by the "
    "softmax of the scores of its query with all keys; a score is q[i] . k[j] / sqrt(head_size)"
)
_CAUSAL = ". The queries are the last tokens of the keys, and none sees a key after itself"
_LOOPS = """
for h in prange(batch * heads):
    head = h // heads, h % heads
    Q, K, V, O = q[head], k[head], v[head], out[head]
    powers = np.empty(keys)
    for i in range(queries):{first}
        top = -math.inf
        for j in range({seen}):
            score = 0.0
            for p in range(head_size):
                score += Q[i, p] * K[j, p]
            powers[j] = score / math.sqrt(head_size)
            top = max(top, powers[j])
        total = 0.0
        for j in range({seen}):
            powers[j] = math.exp(powers[j] - top)
            total += powers[j]
        for p in range(head_size):
            weighted = 0.0
            for j in range({seen}):
                weighted += powers[j] * V[j, p]
            O[i, p] = weighted / total{nothing}
"""
_ALL = {"first": "", "seen": "keys", "nothing": ""}
_NO_LATER = {
    "first": "\n        seen = max(0, keys - queries + i + 1)",
    "seen": "seen",
    "nothing": " if seen > 0 else 0.0",
}


def _attention(causal: bool) -> Workload:
    def model_shape(shape: Shape) -> Shape:
        return (*shape, int(causal))

    name = "attention_causal" if causal else "attention"
    return Workload(
        name=name,
        title="Attention, causal" if causal else "Attention",
        size_means=f"queries and keys of each of {HEADS} heads of {HEAD_SIZE} entries",
        axes=("batch", "heads", "queries", "keys", "head_size"),
        shape=lambda size: (1, HEADS, size, size, HEAD_SIZE),
        make_inputs=_make_inputs,
        reference=_causal_reference if causal else _reference,
        flop=flop_of("attention_tiles", model_shape),
        least_bytes=least_bytes_of("attention_tiles", model_shape),
        tolerance=_tolerance,
        kernels=ladder(name, model_shape),
        sizes=(64, 128, 256, 512, 1024, 2048, 4096),
        default_size=128,
        question="what does it bring that the scores are never stored?",
        array_elements=lambda shape: math.prod(shape[:-1]),
        inputs=(Array("q", _ASKING), Array("k", _KEPT), Array("v", _KEPT)),
        output=Array("out", _ASKING),
        formula=_FORMULA + (_CAUSAL if causal else ""),
        loops=_LOOPS.format(**(_NO_LATER if causal else _ALL)),
    )


ATTENTIONS = ATTENTION, ATTENTION_CAUSAL = _attention(False), _attention(True)
