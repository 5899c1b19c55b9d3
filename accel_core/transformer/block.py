"""A block's operations in the order in which they run, with their FLOP, bytes and derivations.

Each operand counts once (the convention "least" of accel_core.intensity), for each operation by itself: what
one writes and the next one reads counts twice, as nothing is fused. Not counted are biases, gamma and beta, the
scaling by 1/√head_size, the mask, dropout and rotary embeddings. The order is that of GPT-2 and Llama, with
norms before; BERT has the same operations with norms after.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

from accel_core.intensity import Intensity, Model, model
from accel_core.model import Shape
from accel_core.transformer.shape import BlockShape


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a block."""

    name: str
    """Unique in its block."""
    kind: str
    """What it shares with others like it: "feed-forward" for each product of the feed-forward part."""
    product: bool
    """Whether it is a matrix product; else it is element-wise."""
    counted: Intensity
    """FLOP, bytes, FLOP/B, derivation and source."""
    weight_bytes: int
    """Of the bytes, those of weights."""
    result_bytes: int
    """Of the bytes, those that are written."""


def operations(shape: BlockShape, products_only: bool = False) -> tuple[Operation, ...]:
    """Every operation of one block of `shape`, as often as it runs; without the element-wise ones on demand.

    nanoGPT's transformer_sizing.ipynb (github.com/karpathy/nanoGPT) counts the products only.
    """
    listed = (*_attention(shape), *_feed_forward(shape))
    return tuple(operation for operation in listed if operation.product or not products_only)


def head(shape: BlockShape) -> Operation:
    """The product behind the last block: each token that is computed against the whole vocabulary."""
    return _linear(shape, "head", "head", shape.width, shape.vocabulary)


def _attention(shape: BlockShape) -> tuple[Operation, ...]:
    width, scores = shape.width, (shape.batch, shape.heads, shape.tokens, shape.sequence)
    products, causal = (*scores, shape.head_size, int(shape.causal)), int(shape.causal)
    if shape.joined:
        projections = [_linear(shape, "QKV", "QKV", width, 3 * width)]
    else:
        projections = [_linear(shape, name, "QKV", width, width) for name in "QKV"]
    return (
        _norm(shape, "attention norm"),
        *projections,
        _operation(shape, "QK^T", "QK^T", model("query_key"), products, product=True),
        _operation(shape, "softmax", "softmax", model("softmax_per_element"), (*scores, causal)),
        _operation(shape, "PV", "PV", model("probability_value"), products, product=True),
        _linear(shape, "output projection", "output", width, width),
        _residual(shape, "attention residual"),
    )


def _feed_forward(shape: BlockShape) -> tuple[Operation, ...]:
    width, inner, kind = shape.width, shape.feed_forward, "feed-forward"
    if shape.gated:
        up = [_linear(shape, name, kind, width, inner) for name in ("gate", "up")]
        activation = _operation(shape, "SwiGLU", "SwiGLU", model("swiglu"), (shape.rows, inner))
    else:
        up = [_linear(shape, "up", kind, width, inner)]
        activation = _operation(shape, "GELU", "GELU", model("gelu_per_element"), (shape.rows, inner))
    return (
        _norm(shape, "feed-forward norm"),
        *up,
        activation,
        _linear(shape, "down", kind, inner, width),
        _residual(shape, "feed-forward residual"),
    )


def _linear(shape: BlockShape, name: str, kind: str, inward: int, outward: int) -> Operation:
    """(rows, inward) times a weight (inward, outward)."""
    dims = (shape.rows, inward, outward)
    return _operation(shape, name, kind, model("matmul"), dims, product=True, weight=(inward, outward))


def _norm(shape: BlockShape, name: str) -> Operation:
    counting = model("rms_norm_per_element" if shape.gated else "layer_norm_per_element")
    return _operation(shape, name, "norm", counting, (shape.rows, shape.width))


def _residual(shape: BlockShape, name: str) -> Operation:
    return _operation(shape, name, "residual", model("add"), (shape.rows * shape.width,))


def _operation(
    shape: BlockShape,
    name: str,
    kind: str,
    counting: Model,
    dims: Shape,
    product: bool = False,
    weight: Shape = (),
) -> Operation:
    """`weight`: the dimensions of the operand that is a weight, where one is."""
    item = shape.item_bytes
    written = sum(array.size_bytes for array in counting.work(dims, item).outputs)
    weights = prod(weight) * item if weight else 0
    return Operation(name, kind, product, counting.estimate(dims, shape.dtype, "least"), weights, written)
