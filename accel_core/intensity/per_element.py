"""Models of a block's element-wise operations: so many FLOP an element, as calculators of whole models take.

`neural` counts the same operations in the steps of their ladders: GELU with 9 FLOP an element, softmax with two
less a row, layer norm with 8 an element and 3 a row. Vectors of a row's length (gamma, beta, biases) count as
nothing here.
"""

from __future__ import annotations

from accel_core.intensity.attention import score_dims
from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_VIEWER = (
    "Z. Yuan et al., LLM Inference Unveiled, arXiv:2402.16363 (2024), with its LLM-Viewer "
    "(github.com/hahnyuan/LLM-Viewer)"
)
_ROWS = (Axis("rows", 1024, "tokens"), Axis("columns", 768, "width of the block"))


def _elementwise(dims: Shape, item: int, reads: tuple[str, ...], per_element: int) -> Work:
    """Each array of `reads` is read once, and as many elements are written as `y`."""
    *sources, y = (Array(name, dims, item) for name in (*reads, "y"))
    flop = per_element * (y.size_bytes // item)
    text = f"{per_element}·{'·'.join(map(str, dims))}"
    return Work(flop, text, tuple(sources), (y,), (Pass(tuple((x, 1) for x in sources), ((y, 1),)),))


def _softmax(shape: Shape, item: int) -> Work:
    batch, heads, queries, keys, causal = shape
    return _elementwise((batch, heads, *score_dims(queries, keys, causal)), item, ("x",), 5)


PER_ELEMENT = (
    Model(
        "layer_norm_per_element",
        "Layer norm of each token",
        "y = gamma (x - mean) / √(variance + ε) + beta",
        "7·rows·columns: sum, difference, square, sum, quotient, scaling, shift",
        _ROWS,
        lambda s, i: _elementwise(s, i, ("x",), 7),
        f"{_VIEWER}: 7 FLOP an element",
    ),
    Model(
        "rms_norm_per_element",
        "RMS norm of each token",
        "y = gamma x / √(mean x² + ε)",
        "4·rows·columns: square, sum, quotient, scaling",
        _ROWS,
        lambda s, i: _elementwise(s, i, ("x",), 4),
        "hand count by the formula of B. Zhang and R. Sennrich, Root Mean Square Layer Normalization, "
        "arXiv:1910.07467 (2019)",
    ),
    Model(
        "softmax_per_element",
        "Softmax of the scores of each token",
        "y = exp(x - max x) / sum exp(x - max x)",
        "5·batch·heads·queries·keys: maximum, difference, exp, sum, quotient (causal: no keys after a query)",
        (
            Axis("batch", 1, "sequences"),
            Axis("heads", 12, "heads"),
            Axis("queries", 1024, "tokens that ask"),
            Axis("keys", 1024, "tokens that are looked at"),
            Axis("causal", 0, "1: only the scores of tokens up to the asking one count", high=1),
        ),
        _softmax,
        f"{_VIEWER}: 5 FLOP an element",
    ),
    Model(
        "gelu_per_element",
        "GELU with the cube folded into a square",
        "y = 0.5 x (1 + tanh(x (a + b x²))), a = √(2/π), b = 0.044715 a",
        "8·rows·columns: square, times b, plus a, times x, tanh, plus 1, times x, half",
        (Axis("rows", 1024, "tokens"), Axis("columns", 3072, "feed-forward width")),
        lambda s, i: _elementwise(s, i, ("x",), 8),
        "hand count by the formula of D. Hendrycks and K. Gimpel, arXiv:1606.08415 (2016), tanh form",
    ),
    Model(
        "swiglu",
        "Gate of a SwiGLU",
        "y = gate / (1 + exp(-gate)) · up",
        "5·rows·columns: negation, exp, sum, quotient, product",
        (Axis("rows", 2048, "tokens"), Axis("columns", 11008, "feed-forward width")),
        lambda s, i: _elementwise(s, i, ("gate", "up"), 5),
        "hand count by the formula of N. Shazeer, GLU Variants Improve Transformer, arXiv:2002.05202 (2020)",
    ),
)
