"""Models of attention: whole, by several programs, and its two products by themselves."""

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
_SQUARE = (
    Axis("batch", 1, "sequences"),
    Axis("heads", 12, "heads"),
    Axis("sequence", 1024, "tokens of a sequence", low=1),
    Axis("head_size", 64, "entries of a head"),
)
_FORMULA = "o = softmax(q kᵀ / √d) v"
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


ATTENTION_STEPS = (
    # (what it is, arrays read, array written)
    ("scores = q kᵀ", ("q", "k"), "scores"),
    ("scaled = scores / √d", ("scores",), "scaled"),
    ("maximum of a row", ("scaled",), ""),
    ("… - maximum", ("scaled",), "differences"),
    ("exp(...)", ("differences",), "powers"),
    ("sum of a row", ("powers",), ""),
    ("powers / sum", ("powers",), "probabilities"),
    ("probabilities v", ("probabilities", "v"), "o"),
)
"""Attention in NumPy's operators. A result of one number a row counts as nothing."""
CAUSAL_STEP = ("scaled + mask", ("scaled",), "seen")
"""Behind the scaling, where it is causal: all scores are computed, and -∞ is added to those after a query. The
mask, which all heads share, counts as nothing."""


_Steps = tuple[tuple[str, tuple[str, ...], str], ...]


def _steps(causal: int) -> _Steps:
    if not causal:
        return ATTENTION_STEPS
    later = _reading(ATTENTION_STEPS[2:], "scaled", "seen")
    return (*ATTENTION_STEPS[:2], CAUSAL_STEP, *later)


def _reading(steps: _Steps, before: str, now: str) -> _Steps:
    """The same steps, which read the array `now` in place of the one `before`."""
    return tuple((what, tuple(now if r == before else r for r in reads), to) for what, reads, to in steps)


def _copied_first(steps: _Steps) -> _Steps:
    """The same steps after a copy of the keys in another order, which they read."""
    return (("kᵀ, copied", ("k",), "turned"), *_reading(steps, "k", "turned"))


_ONE_PASS: _Steps = ((_FORMULA, ("q", "k", "v"), "o"),)
_STANDARD = (
    ("scores", ("q", "k"), "scores"),
    ("softmax", ("scores",), "probabilities"),
    ("o", ("probabilities", "v"), "o"),
)


def _attention(shape: Shape, item: int, steps: _Steps) -> Work:
    """The work of (batch, heads, queries, keys, head_size, causal), moved in `steps`, each a pass.

    What is neither q, k, v, o nor a copy of k is an array of scores, whole where a pass writes it.
    """
    batch, heads, queries, keys, size, causal = shape
    asking, looked_at = (batch, heads, queries, size), (batch, heads, keys, size)
    dims = {"q": asking, "k": looked_at, "turned": looked_at, "v": looked_at, "o": asking}
    names = {name for _, reads, to in steps for name in (*reads, to) if name}
    arrays = {name: Array(name, dims.get(name, (batch, heads, queries, keys)), item) for name in names}
    passes = tuple(
        Pass(tuple((arrays[name], 1) for name in reads), ((arrays[to], 1),) if to else ())
        for _, reads, to in steps
    )
    pairs = prod(score_dims(queries, keys, causal))
    rows = min(queries, keys) if causal else queries * (keys > 0)
    flop = batch * heads * (4 * pairs * size + 6 * pairs - 2 * rows)
    text = f"{batch}·{heads}·(4·{pairs}·{size} + {pairs} + 5·{pairs} - 2·{rows})"
    return Work(flop, text, tuple(arrays[name] for name in "qkv"), (arrays["o"],), passes)


def _square(shape: Shape) -> Shape:
    """That of as many queries as keys, all of which see all."""
    batch, heads, sequence, size = shape
    return batch, heads, sequence, sequence, size, 0


_SQUARE_FLOP = "batch·heads·(4·s²·d + s² + s·(5·s - 2)): two products, scaling, softmax"
_PAIRS_FLOP = (
    "batch·heads·(4·pairs·d + pairs + 5·pairs - 2·rows): two products, scaling, softmax; pairs of a query and "
    "a key that it sees, rows of queries that see any"
)
_DAO = (
    "T. Dao et al., FlashAttention, NeurIPS 2022, algorithm 0 and theorem 2: standard attention moves of the "
    "order of s·d + s² elements; the 4 s² d FLOP of the two products as in FlashAttention-2 (arXiv:2307.08691)"
)
_FLOP = "2·batch·heads·queries·keys·head_size (causal: without the keys after a query)"
ATTENTION = (
    Model(
        "attention",
        "Attention with the scores in memory",
        _FORMULA,
        _SQUARE_FLOP,
        _SQUARE,
        lambda s, i: _attention(_square(s), i, _STANDARD),
        _DAO,
    ),
    Model(
        "attention_fused",
        "Attention in one pass, with keys and values of a head in fast memory",
        _FORMULA,
        _SQUARE_FLOP,
        _SQUARE,
        lambda s, i: _attention(_square(s), i, _ONE_PASS),
        _DAO,
    ),
    Model(
        "attention_steps",
        "Attention in NumPy's operators, each a pass over the scores",
        _FORMULA,
        _PAIRS_FLOP,
        _AXES,
        lambda s, i: _attention(s, i, _steps(s[-1])),
        f"{_DAO}; passes by hand count",
    ),
    Model(
        "attention_steps_keys_copied",
        "Attention in NumPy's operators, after a copy of the keys",
        _FORMULA,
        _PAIRS_FLOP,
        _AXES,
        lambda s, i: _attention(s, i, _copied_first(_steps(s[-1]))),
        f"{_DAO}; passes by hand count",
    ),
    Model(
        "attention_tiles",
        "Attention in one pass, tile by tile of queries and keys",
        _FORMULA,
        _PAIRS_FLOP,
        _AXES,
        lambda s, i: _attention(s, i, _ONE_PASS),
        _DAO,
    ),
    Model(
        "attention_tiles_keys_copied",
        "Attention in one pass, tile by tile, after a copy of the keys into panels",
        _FORMULA,
        _PAIRS_FLOP,
        _AXES,
        lambda s, i: _attention(s, i, _copied_first(_ONE_PASS)),
        f"{_DAO}; the copy by hand count",
    ),
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
