"""Lessons on the type of numbers: what float32 brings, and how far off a product in it is."""

from __future__ import annotations

from accel_core import registry
from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Claim,
    Job,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    after_another,
    case,
    timed,
)
from accel_core.lessons.memory import PRODUCT
from accel_core.lessons.run import speed_ratio
from accel_core.lessons.sources import KERNELS, TINYTORCH
from accel_core.lessons.vectors import beside_caches, streamed
from accel_core.model import Estimate, Machine, Measurement
from accel_core.model.words import UNIT_ROUNDOFF
from accel_core.stats import LEAST_SAMPLES, median_interval
from accel_core.units import format_number

STREAM = "scale/compiled"
BLOCKED, LOOPS = "matmul/numpy_tiled", "matmul/compiled_ijk"
SIDE = 1024
DTYPES = ("float32", "float64")
CHECKED = 500
"""No size that a page offers: times of one sample stand in no picture there."""
BLOCK = registry.usual(BLOCKED)["block"]
MILLIONTHS = 1e6


def _dtype_job(machine: Machine) -> Job:
    long = streamed(machine, STREAM, "float64")
    cases = [
        case(kernel, size, dtype=dtype)
        for kernel, size in ((PRODUCT, SIDE), (STREAM, long))
        for dtype in DTYPES
    ]
    return timed(*cases, budget_s=0.6)


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
    """The three on the same matrices, and that so often that a median of the errors has an interval."""
    cases = [case(kernel, CHECKED) for kernel in (BLOCKED, LOOPS, PRODUCT)]
    return after_another(*[timed(*cases, budget_s=0.05, in_turns=True)] * LEAST_SAMPLES)


def _of(run: Run, kernel: str) -> list[Measurement]:
    found = [m for m in run.every(Measurement) if m.kernel == kernel]
    if not found:
        raise LookupError(f"there is no measurement of {kernel}")
    return found


def _errors(run: Run, kernel: str) -> Estimate:
    """The largest error of a product, in millionths of its largest entry: median over the runs."""
    return median_interval([MILLIONTHS * m.max_relative_error for m in _of(run, kernel)])


def _accuracy_says(truth: Truth, run: Run) -> str:
    blocked, loops, library = float(truth.value), _errors(run, LOOPS), _errors(run, PRODUCT)
    told = (
        f"That is against the product in float64, the median of {loops.n} pairs of random matrices. Three "
        f"loops are off by {format_number(loops.median, 2)} millionths, the library in one call by "
        f"{format_number(library.median, 2)}, so that blocks and library may differ by "
        f"{format_number(blocked + library.median, 2)} in an entry, the sum of both."
    )
    unit = format_number(MILLIONTHS * UNIT_ROUNDOFF["float32"], 2)
    exact = (
        f"All three are rounded on the way: one rounding of float32 costs up to {unit} millionths of a number."
    )
    return " ".join(filter(None, [told, _against_loops(blocked, loops.median), _same_bits(run), exact]))


def _against_loops(blocked: float, loops: float) -> str:
    """What cutting a sum in pieces does to its error.

    It is less for sums of short sums: N. J. Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed.
    2002, sections 3.1 and 4.2.
    """
    if blocked * LEAST_EFFECT <= loops:
        return (
            "Blocks lose less than loops: each entry is a sum of short sums, so that fewer roundings follow "
            "one another than in one long sum."
        )
    if blocked >= loops * LEAST_EFFECT:
        return "Here blocks lose more than loops do."
    return "Here blocks lose as much as loops do."


def _same_bits(run: Run) -> str:
    """In how many runs blocks and library gave the same result; empty where that was not kept."""
    pairs = [
        (a.output_digest, b.output_digest) for a, b in zip(_of(run, BLOCKED), _of(run, PRODUCT), strict=False)
    ]
    known = [(a, b) for a, b in pairs if a and b]
    if not known:
        return ""
    same = sum(a == b for a, b in known)
    told = f"Blocks and library gave the same bits in {same or 'none'} of {len(known)} runs"
    return f"{told}." if same else f"{told}: each rounds in a way of its own."


LESSONS = (
    Lesson(
        name="float32",
        title="Half the bytes",
        question=f"How many times as fast is NumPy's product of {SIDE} x {SIDE} in float32 as in float64, on "
        "one thread?",
        form=Number("times", 0.1, 100),
        claim=Claim(
            "The type matters: float32 allows more SIMD parallelism than float64.",
            f"{KERNELS}, vectorized_relu",
        ),
        job=_dtype_job,
        truth=lambda run: Truth.of(_gain(run, PRODUCT)),
        says=_dtype_says,
        look=Look("ladder", {"workload": "matmul", "size": str(SIDE), "dtype": "float64"}),
    ),
    Lesson(
        name="accuracy",
        title="Lost digits",
        question=f"How large is the largest error of a product of {CHECKED} x {CHECKED} in float32, in blocks "
        f"of {BLOCK}, in millionths of its largest entry?",
        form=Number("millionths of the largest entry", 0.0001, 10_000),
        claim=Claim(
            "Blocks and libraries ask for no trade-off in accuracy: it is the same mathematics.", TINYTORCH
        ),
        job=_accuracy_job,
        truth=lambda run: Truth.of(_errors(run, BLOCKED)),
        says=_accuracy_says,
        look=Look("ladder", {"workload": "matmul", "size": "512"}),
    ),
)
