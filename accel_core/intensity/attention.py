"""Models of attention's two products by themselves, as a block that stores its scores runs them."""

from __future__ import annotations

from math import prod

from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_AXES = (
    Axis("batch", 1, "sequences"),
    Axis("heads", 12, "heads"),
    Axis("queries", 1024, "tokens that ask: all of a sequence, or 1 where a token is decoded"),
    Axis("keys", 1024, "tokens that are looked at"),
    Axis("head_size", 64, "entries of a head"),
    Axis("causal", 0, "1: only the scores of tokens up to the asking one count", high=1),
)
_SOURCE = (
    "A. Vaswani et al., Attention Is All You Need, arXiv:1706.03762 (2017), equation 1; without causal the "
    "FLOP are attention/scores and attention/reduce of nanoGPT's transformer_sizing.ipynb. T. Dao, "
    "FlashAttention-2, arXiv:2307.08691 (2023), halves causal FLOP; here the diagonal counts in full"
)


def score_dims(queries: int, keys: int, causal: int) -> tuple[int, ...]:
    """The dimensions of one head's scores: (queries, keys), or (pairs,) where `causal` is 1.

    The queries are the last tokens of the keys: the last sees all keys, the one before all but one. So there
    are queries·keys pairs, less a triangle of queries·(queries - 1)/2. Of more queries than keys the first see
    nothing.
    """
    if not causal:
        return (queries, keys)
    seeing = min(queries, keys)
    return (seeing * keys - seeing * (seeing - 1) // 2,)


def _product(shape: Shape, item: int, reading: bool) -> Work:
    """Scores from queries and keys, or (`reading`) the output from probabilities and values."""
    batch, heads, queries, keys, size, causal = shape
    dims = score_dims(queries, keys, causal)
    asking = Array("o" if reading else "q", (batch, heads, queries, size), item)
    looked_at = Array("v" if reading else "k", (batch, heads, keys, size), item)
    pairs = Array("probabilities" if reading else "scores", (batch, heads, *dims), item)
    inputs, output = ((pairs, looked_at), asking) if reading else ((asking, looked_at), pairs)
    flop = 2 * batch * heads * prod(dims) * size
    text = f"2·{batch}·{heads}·{'·'.join(map(str, dims))}·{size}"
    return Work(flop, text, inputs, (output,), (Pass(tuple((a, 1) for a in inputs), ((output, 1),)),))


_FLOP = "2·batch·heads·queries·keys·head_size (causal: without the keys after a query)"
ATTENTION = (
    Model(
        "query_key",
        "Scores of attention: queries times keys",
        "scores = q kᵀ for each head, q (queries, head_size), k (keys, head_size)",
        _FLOP,
        _AXES,
        lambda s, i: _product(s, i, reading=False),
        _SOURCE,
    ),
    Model(
        "probability_value",
        "Output of attention: probabilities times values",
        "o = p v for each head, p (queries, keys), v (keys, head_size)",
        _FLOP,
        _AXES,
        lambda s, i: _product(s, i, reading=True),
        _SOURCE,
    ),
)
