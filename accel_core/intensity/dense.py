"""Models of dense linear algebra and convolution, where each element is used many times."""

from __future__ import annotations

from accel_core.intensity.traffic import Array, Axis, Model, Pass, Work
from accel_core.model import Shape

_GOLUB = "G. H. Golub and C. F. Van Loan, Matrix Computations, 4th edition (2013), section 1.1: 2mkn FLOP"
_MATMUL = (
    Axis("m", 1024, "rows of a and c"),
    Axis("k", 1024, "columns of a, rows of b"),
    Axis("n", 1024, "columns of b and c"),
)


def _matvec(shape: Shape, item: int) -> Work:
    m, n = shape
    a, x, y = Array("a", (m, n), item), Array("x", (n,), item), Array("y", (m,), item)
    step = Pass(((a, 1), (x, 1)), ((y, 1),))
    return Work(2 * m * n, f"2·{m}·{n}", (a, x), (y,), (step,))


def _matmul(shape: Shape, item: int) -> Work:
    m, k, n = shape
    a, b, c = Array("a", (m, k), item), Array("b", (k, n), item), Array("c", (m, n), item)
    return Work(2 * m * k * n, f"2·{m}·{k}·{n}", (a, b), (c,), (Pass(((a, 1), (b, 1)), ((c, 1),)),))


def _matmul_tiled(shape: Shape, item: int) -> Work:
    """A tile × tile piece of b stays in fast memory while the rows of a and c stream past it.

    So b is read once, a once for every column of tiles, and c is written once for every row of tiles and read
    back for all of them but the first.
    """
    m, k, n, tile = shape
    columns, rows = max(1, -(-n // tile)), max(1, -(-k // tile))
    a, b, c = Array("a", (m, k), item), Array("b", (k, n), item), Array("c", (m, n), item)
    step = Pass(((a, columns), (b, 1), (c, rows - 1)), ((c, rows),))
    return Work(2 * m * k * n, f"2·{m}·{k}·{n}", (a, b), (c,), (step,))


def _linear(shape: Shape, item: int) -> Work:
    batch, sequence, inward, outward = shape
    x, y = (Array(name, (batch, sequence, n), item) for name, n in (("x", inward), ("y", outward)))
    weight, bias = Array("weight", (inward, outward), item), Array("bias", (outward,), item)
    flop = batch * sequence * outward * (2 * inward + 1)
    text = f"{batch}·{sequence}·{outward}·(2·{inward} + 1)"
    step = Pass(((x, 1), (weight, 1), (bias, 1)), ((y, 1),))
    return Work(flop, text, (x, weight, bias), (y,), (step,))


def _conv2d(shape: Shape, item: int) -> Work:
    k, c_in, c_out, h, w, batch = shape
    x = Array("x", (batch, c_in, h, w), item)
    weights = Array("weights", (c_out, c_in, k, k), item)
    y = Array("y", (batch, c_out, h, w), item)
    flop = 2 * batch * c_out * h * w * c_in * k * k
    text = f"2·{batch}·{c_out}·{h}·{w}·{c_in}·{k}·{k}"
    return Work(flop, text, (x, weights), (y,), (Pass(((x, 1), (weights, 1)), ((y, 1),)),))


DENSE = (
    Model(
        "matvec",
        "Matrix times vector",
        "y = a x, a (m, n)",
        "2·m·n",
        (Axis("m", 4096, "rows of a"), Axis("n", 4096, "columns of a")),
        _matvec,
        _GOLUB,
    ),
    Model("matmul", "Matrix product", "c = a b, a (m, k), b (k, n)", "2·m·k·n", _MATMUL, _matmul, _GOLUB),
    Model(
        "matmul_tiled",
        "Matrix product with a tile of b kept in fast memory",
        "c = a b, a (m, k), b (k, n), tiles of b (tile, tile)",
        "2·m·k·n",
        (*_MATMUL, Axis("tile", 64, "side of the square tile of b", low=1)),
        _matmul_tiled,
        "hand count; M. S. Lam, E. E. Rothberg and M. E. Wolf, The Cache Performance and Optimizations of "
        "Blocked Algorithms, ASPLOS 1991",
    ),
    Model(
        "linear",
        "Linear layer (a weight and a bias for every token)",
        "y = x weight + bias, x (batch, sequence, inward), weight (inward, outward)",
        "batch·sequence·outward·(2·inward + 1)",
        (
            Axis("batch", 1, "sequences"),
            Axis("sequence", 1024, "tokens of a sequence"),
            Axis("inward", 768, "numbers of a token"),
            Axis("outward", 3072, "numbers of a token of the result"),
        ),
        _linear,
        f"{_GOLUB}, with m = batch·sequence; and an addition for each bias",
    ),
    Model(
        "conv2d",
        "Convolution (stride 1, padded so that the output is as large as the input)",
        "y[b, o, i, j] = sum x[b, c, i+u, j+v] weights[o, c, u, v]",
        "2·batch·C_out·H·W·C_in·K²",
        (
            Axis("K", 3, "side of the square filter", low=1),
            Axis("C_in", 64, "channels of the input"),
            Axis("C_out", 64, "channels of the output"),
            Axis("H", 224, "rows of an image"),
            Axis("W", 224, "columns of an image"),
            Axis("batch", 1, "images"),
        ),
        _conv2d,
        "K. He et al., Deep Residual Learning for Image Recognition, CVPR 2016, counts a multiply-add as one: "
        "the 13 convolutions of VGG-16 are its 15.3 billion; here a multiply-add is two",
    ),
)
