"""Lessons on intensity: on which side of the ridge a linear layer and a convolution stand."""

from __future__ import annotations

from accel_core.intensity import model
from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Choice,
    Claim,
    Job,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    case,
    timed,
)
from accel_core.lessons.ridge import (
    PRODUCT,
    SIDE,
    bandwidth,
    computed,
    ridge,
    ridge_cases,
    ridge_told,
)
from accel_core.lessons.sources import QUESTIONS
from accel_core.model import ITEM_BYTES, Machine, Measurement
from accel_core.units import format_bytes, format_number, format_rate

DTYPE = "float32"

# -- a linear layer ------------------------------------------------------------------------------------------

WIDTH = 4096
BATCHES = (1, 32, 512)
ROWS = Number("rows", 1, 10_000)


def crossing(ridge_flop_per_byte: float) -> float:
    """How many rows of input bring a layer of WIDTH x WIDTH to this intensity; ROWS.high where none do.

    b rows: 2 b n² FLOP over 4 (2 b n + n²) bytes, so i = b n / (2 (2 b + n)) and b = 2 i n / (n - 4 i).
    """
    left = WIDTH - 4 * ridge_flop_per_byte
    return ROWS.high if left <= 0 else min(2 * ridge_flop_per_byte * WIDTH / left, ROWS.high)


def layer_intensity(batch: int) -> float:
    """FLOP/B of `batch` rows through the layer, each array moved once."""
    return model("matmul").estimate((batch, WIDTH, WIDTH), DTYPE, "least").flop_per_byte or 0.0


def _layers(machine: Machine) -> Job:
    layers = [{**case(PRODUCT, WIDTH), "shape": [batch, WIDTH, WIDTH]} for batch in BATCHES]
    return timed(*ridge_cases(machine), *layers, budget_s=0.7)


def _layer(run: Run, batch: int) -> Measurement:
    for found in run.every(Measurement):
        if found.kernel == PRODUCT and tuple(found.shape) == (batch, WIDTH, WIDTH):
            return found
    raise LookupError(f"there is no measurement of the layer with a batch of {batch}")


def _batch_truth(run: Run) -> Truth:
    for batch in BATCHES:
        _layer(run, batch)
    found = ridge(run)
    low, high = (None if end is None else crossing(end) for end in (found.low, found.high))
    return Truth(crossing(found.median), low, high)


def _batch_says(truth: Truth, run: Run) -> str:
    found = ridge(run).median
    parts = []
    for batch in BATCHES:
        intensity = layer_intensity(batch)
        side = "left" if intensity < found else "right"
        rate = format_rate(_layer(run, batch).flop_per_s, "FLOP/s")
        parts.append(f"Batch {batch} has {format_number(intensity)} FLOP/B, {side} of it, and reached {rate}.")
    weights = format_bytes(WIDTH * WIDTH * ITEM_BYTES[DTYPE])
    return " ".join([ridge_told(run), *parts, _reason(run, weights), *_short_of_roof(run)])


def _short_of_roof(run: Run) -> list[str]:
    """A sentence where a batch right of the ridge stays under half of its roof, if one does."""
    roof = run.measurement(PRODUCT, SIDE).flop_per_s
    right = [batch for batch in BATCHES if layer_intensity(batch) >= ridge(run).median]
    short = [batch for batch in right if _layer(run, batch).flop_per_s < roof / 2]
    if not short:
        return []
    share = format_number(_layer(run, short[0]).flop_per_s / roof, 2)
    return [
        f"Right of the ridge a batch of {short[0]} stays at {share} of the product's rate: intensity says what "
        "memory allows, not what a library's preparations cost, which few rows have to bear."
    ]


def _reason(run: Run, weights: str) -> str:
    one, most = _layer(run, BATCHES[0]).flop_per_s, _layer(run, BATCHES[-1]).flop_per_s
    roof = layer_intensity(BATCHES[0]) * bandwidth(run)
    if most < LEAST_EFFECT * one:
        return (
            "Here a larger batch brings hardly any rate: arithmetic is so slow beside this memory that one row "
            "nearly fills it."
        )
    if one > LEAST_EFFECT * roof:
        return (
            f"Batch 1 passes the {format_rate(roof, 'FLOP/s')} that this bandwidth allows it: the weights are "
            f"only read, which is faster than a triad, or part of their {weights} stays in a cache."
        )
    return (
        f"The weights, {weights}, are read once for all rows of a batch: more rows are more work for the same "
        "bytes."
    )


# -- a convolution -------------------------------------------------------------------------------------------

CONVOLUTION = (3, 64, 64, 224, 224, 1)
DEPTHWISE = (3, 1, 1, 224, 224, 1)
HELD_BY = {"compute": "arithmetic holds it back", "memory": "memory holds it back"}


def convolution_intensity(shape: tuple[int, ...]) -> float:
    """FLOP/B of a convolution of this shape (K, C_in, C_out, H, W, batch), each array moved once."""
    return model("conv2d").estimate(shape, DTYPE, "least").flop_per_byte or 0.0


def _convolution_truth(run: Run) -> Truth:
    return Truth.greatest({"compute": computed(convolution_intensity(CONVOLUTION)), "memory": ridge(run)})


def _convolution_says(truth: Truth, run: Run) -> str:
    full, thin = convolution_intensity(CONVOLUTION), convolution_intensity(DEPTHWISE)
    found = ridge(run).median
    sides = ["left" if one < found else "right" for one in (full, thin)]
    also = "too" if sides[0] == sides[1] else "though it is a convolution as well"
    return (
        f"{ridge_told(run)} With 3 x 3 weights for each of 64 x 64 pairs of channels an element is used in "
        f"hundreds of products: {format_number(full)} FLOP/B, {sides[0]} of the ridge. A depthwise one, each "
        f"channel by itself, has {format_number(thin)} FLOP/B and stands {sides[1]} of it, {also}. So the "
        "question has no answer without the shape. Counted is each array once, as a good kernel moves it."
    )


LESSONS = (
    Lesson(
        name="batch",
        title="Batch size",
        question=f"From how many rows of input on does a float32 layer of {WIDTH} x {WIDTH} pass the ridge?",
        form=ROWS,
        claim=Claim(
            "A bfloat16 product is compute-bound on most TPUs from 240 rows on, as the batch is its intensity.",
            "J. Austin et al., How to Scale Your Model, part 1, “All About Rooflines”: "
            "github.com/jax-ml/scaling-book, roofline.md at commit 0296c23",
        ),
        job=_layers,
        truth=_batch_truth,
        says=_batch_says,
        look=Look(
            "roofline",
            {"model": "matmul", "matmul.m": "32", "matmul.k": str(WIDTH), "matmul.n": str(WIDTH)},
        ),
    ),
    Lesson(
        name="convolution",
        title="A convolution",
        question="What holds back a 3 x 3 convolution of 64 to 64 channels, 224 x 224 pixels, in float32?",
        form=Choice(HELD_BY, "FLOP/B"),
        claim=Claim(
            "Convolutions are compute-bound and not memory-bound.",
            "github.com/mratsim/laser, research/convolution_optimisation_resources.md at commit 0cb91fc; "
            f"asked without an answer in {QUESTIONS}",
        ),
        job=lambda machine: timed(*ridge_cases(machine), budget_s=1.5),
        truth=_convolution_truth,
        says=_convolution_says,
        look=Look(
            "roofline",
            {"model": "conv2d", "conv2d.K": "3", "conv2d.C_in": "64", "conv2d.C_out": "64"},
        ),
    ),
)
