"""The same block in float64, head by head by the formulas, and how far a block may be from it."""

from __future__ import annotations

import math

import numpy as np

from accel_core.bench.block.arrays import Array, Given
from accel_core.kernels.layer_norm import EPS
from accel_core.model.words import sum_tolerance
from accel_core.transformer import BlockShape

AMPLIFIED = 8
"""An error of the scores, relative to the largest, moves a share by as many times as much as that one is: of
scores with mean square 1, the largest of 2^30 is 6.5 (√(2 ln n))."""


def reference(shape: BlockShape, given: Given) -> Array:
    """(rows, width) in float64."""
    x = given.x.astype(np.float64)
    queries, keys, values = _projected(shape, given, _norm(given, "attention norm", x))
    attended = np.empty((shape.rows, shape.width))
    for sequence in range(shape.batch):
        rows = slice(sequence * shape.tokens, (sequence + 1) * shape.tokens)
        for head in range(shape.heads):
            columns = slice(head * shape.head_size, (head + 1) * shape.head_size)
            k, v = keys[rows, columns], values[rows, columns]
            if shape.decode:
                k = np.concatenate([given.keys[sequence, head, :-1].astype(np.float64), k])
                v = np.concatenate([given.values[sequence, head, :-1].astype(np.float64), v])
            attended[rows, columns] = _attended(shape, queries[rows, columns], k, v)
    after = x + _times(given, "output projection", attended)
    normed = _norm(given, "feed-forward norm", after)
    up = _times(given, "up", normed)
    if shape.gated:
        gate = _times(given, "gate", normed)
        inner = up * gate / (1 + np.exp(-gate))
    else:
        inner = 0.5 * up * (1 + np.tanh(math.sqrt(2 / math.pi) * (up + 0.044715 * up**3)))
    return after + _times(given, "down", inner)


def _times(given: Given, name: str, x: Array) -> Array:
    return x @ given.weights[name].astype(np.float64)


def _projected(shape: BlockShape, given: Given, normed: Array) -> tuple[Array, Array, Array]:
    """Queries, keys and values (rows, width); the queries as if their weights did not hold 1/√head_size."""
    if shape.joined:
        q, k, v = np.split(_times(given, "QKV", normed), 3, axis=1)
    else:
        q, k, v = (_times(given, name, normed) for name in "QKV")
    return q * math.sqrt(shape.head_size), k, v


def _attended(shape: BlockShape, q: Array, k: Array, v: Array) -> Array:
    """q (tokens, head_size), k and v (keys, head_size) -> (tokens, head_size)."""
    scores = q @ k.T / math.sqrt(shape.head_size)
    if shape.causal and not shape.decode:
        scores[np.triu_indices(shape.tokens, 1)] = -math.inf
    powers = np.exp(scores - scores.max(axis=1)[:, np.newaxis])
    return np.asarray((powers @ v) / powers.sum(axis=1)[:, np.newaxis])


def _norm(given: Given, name: str, x: Array) -> Array:
    gamma, *beta = (np.asarray(one, np.float64) for one in given.norms[name])
    if not beta:
        return np.asarray(gamma * x / np.sqrt((x * x).mean(axis=1) + EPS)[:, np.newaxis])
    centred = x - x.mean(axis=1)[:, np.newaxis]
    variance = (centred * centred).mean(axis=1)[:, np.newaxis]
    return np.asarray(gamma * centred / np.sqrt(variance + EPS) + beta[0])


def tolerance(shape: BlockShape) -> float:
    """How far the block may be from its reference, relative to its largest entry.

    Each sum of n terms adds 16 u √n (`sum_tolerance`). Arrays keep a mean square near 1, so each step hands on
    the errors before it as it hands on the numbers; only the exponential enlarges them, those of the norm, the
    queries, the keys and the scores AMPLIFIED times.
    """
    before = (shape.width, shape.width, shape.head_size)
    after = (shape.sequence, shape.sequence, shape.width, shape.width, shape.width, shape.feed_forward)
    terms = {n: AMPLIFIED * before.count(n) + after.count(n) for n in (*before, *after)}
    return sum(times * sum_tolerance(n, shape.dtype) for n, times in terms.items())
