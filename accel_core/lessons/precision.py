"""Lessons on the type of numbers: what float32 brings, and how far off a product in it is."""

from __future__ import annotations

from accel_core.lessons.lesson import (
    LEAST_EFFECT,
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
from accel_core.lessons.memory import PRODUCT
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import MODULE
from accel_core.lessons.vectors import beside_caches, streamed
from accel_core.model import Estimate, Machine, Measurement
from accel_core.model.words import UNIT_ROUNDOFF
from accel_core.stats import LEAST_SAMPLES, median_interval
from accel_core.units import format_number

STREAM, BLOCKED = "scale/compiled", "matmul/compiled_tiled"
SIDE = 1024
DTYPES = ("float32", "float64")
CHECKED = 500
"""No size that a page offers: times of one sample stand in no picture there."""
MILLIONTHS = 1e6


def _dtype_job(machine: Machine) -> Job:
    long = streamed(machine, STREAM, "float64")
    cases = [
        case(kernel, size, dtype=dtype)
        for kernel, size in ((PRODUCT, SIDE), (STREAM, long))
        for dtype in DTYPES
    ]
    return timed(*cases, budget_s=1.0)


def _gain(run: Run, kernel: str) -> Estimate:
    """How many times as fast float32 is as float64."""
    short, double = (run.measurement(kernel, dtype=dtype) for dtype in DTYPES)
    return speed_ratio(short, double)


def _dtype_says(truth: Truth, run: Run) -> str:
    gains = {"the product": float(truth.value), "y = 3 x": _gain(run, STREAM).median}
    told = (
        f"In float32 the product is {format_number(gains['the product'])} times as fast, and y = 3 x over long "
        f"vectors {format_number(gains['y = 3 x'])} times. A vector register holds twice as many numbers of "
        "float32, which predicts 2 for the product; they have half the bytes, which predicts 2 for y = 3 x."
    )
    without = [name for name, gain in gains.items() if gain < LEAST_EFFECT]
    if without:
        told += f" Here float32 brings nothing to {' and '.join(without)}: something else sets the pace."
    return " ".join(filter(None, [told, beside_caches(run.measurement(STREAM, dtype=DTYPES[0]), run.machine)]))


# -- accuracy ------------------------------------------------------------------------------------------------


def _accuracy_job(machine: Machine) -> Job:
    """Each product so often, on fresh matrices, that a median of the errors has an interval."""
    each = [case(kernel, CHECKED) for kernel in (BLOCKED, PRODUCT)]
    return timed(*(one for one in each for _ in range(LEAST_SAMPLES)), budget_s=0.05)


def _errors(run: Run, kernel: str) -> Estimate:
    """The largest error of a product, in millionths of its largest entry: median over the runs."""
    found = [m.max_relative_error * MILLIONTHS for m in run.every(Measurement) if m.kernel == kernel]
    if not found:
        raise LookupError(f"there is no measurement of {kernel}")
    return median_interval(found)


def _accuracy_says(truth: Truth, run: Run) -> str:
    blocked, library = float(truth.value), _errors(run, PRODUCT)
    unit = UNIT_ROUNDOFF["float32"] * MILLIONTHS
    told = (
        f"That is the largest of {CHECKED} x {CHECKED} errors against the product in float64, the median of "
        f"{library.n} pairs of random matrices. The library's own is {format_number(library.median, 2)} "
        "millionths"
    )
    ratio = blocked / library.median if library.median else 1.0
    if ratio >= LEAST_EFFECT:
        told += f": the blocked one is {format_number(ratio, 2)} times as far off."
    elif ratio <= 1 / LEAST_EFFECT:
        told += f": here it is the library that is further off, {format_number(1 / ratio, 2)} times."
    else:
        told += ": here blocks lose no more than the library does."
    return (
        f"{told} Neither is exact: one rounding of float32 costs up to {format_number(unit, 2)} millionths of "
        f"a number, and each entry is a sum of {CHECKED} products, rounded on the way in an order of its own. "
        "Two such results differ from each other by both errors together at most, here by "
        f"{format_number(blocked + library.median, 2)} millionths."
    )


LESSONS = (
    Lesson(
        name="float32",
        title="Half the bytes",
        question=f"How many times as fast is NumPy's product of {SIDE} x {SIDE} in float32 as in float64, on "
        "one thread?",
        form=Number("times", 0.1, 100),
        claim=Claim(
            "SSE2 works on 2 doubles or 4 floats at once, so floats can be about twice as fast.",
            "Sebastian Berg on the list numpy-discussion, “Floating Point Difference between NumPy and "
            "Numarray”, 8 September 2008",
        ),
        job=_dtype_job,
        truth=lambda run: Truth.of(_gain(run, PRODUCT)),
        says=_dtype_says,
        look=Look("ladder", {"workload": "matmul", "size": str(SIDE), "dtype": "float64"}),
    ),
    Lesson(
        name="accuracy",
        title="Lost digits",
        question=f"How large is the largest error of a blocked product of {CHECKED} x {CHECKED} in float32, in "
        "millionths of its largest entry?",
        form=Number("millionths of the largest entry", 0.0001, 10_000),
        claim=Claim(
            "Replacing explicit loops with one vectorized call produces identical results.",
            f"{MODULE}, “Unit Test: Vectorized Matrix Multiplication”",
        ),
        job=_accuracy_job,
        truth=lambda run: Truth.of(_errors(run, BLOCKED)),
        says=_accuracy_says,
        look=Look("ladder", {"workload": "matmul", "size": "512"}),
    ),
)
