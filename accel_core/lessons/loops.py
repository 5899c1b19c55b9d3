"""Lessons on three nested loops: against the library, in another order, at a power of two."""

from __future__ import annotations

from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Claim,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    case,
    compared,
    timed,
)
from accel_core.lessons.run import speed_ratio
from accel_core.units import format_number, format_time

PYTHON, LIBRARY = "matmul/python_loops", "matmul/numpy"
IJK, IKJ = "matmul/compiled_ijk", "matmul/compiled_ikj"
SMALL, LARGE = 64, 512
"""Sizes: loops of Python take a tenth of a second or two at 64, compiled ones at 512, so that there is time for
the samples of an interval. Three matrices of 512 x 512 float32 fill 3 MiB."""
MISS_RATIO = 1.25 / 0.5
"""Misses of ijk over those of ikj, with four elements a line: see the claim of `order`."""


def _library_says(truth: Truth, run: Run) -> str:
    found, flop = run.comparison(LIBRARY, PYTHON), 2 * SMALL**3
    return (
        f"The loops take {format_time(found.time_s_b)} for {format_number(flop)} FLOP, which is "
        f"{format_time(found.time_s_b / flop)} for each; the library takes {format_time(found.time_s_a)}. Each "
        "step in Python makes objects, looks up types and checks bounds. The library has vector instructions, "
        "keeps a tile in registers and packs blocks for the caches."
    )


def _order_says(truth: Truth, run: Run) -> str:
    factor = float(truth.value)
    if factor < LEAST_EFFECT:
        return "Here the order brings nothing: caches hide the misses of ijk, or something else limits both."
    than = "more" if factor > MISS_RATIO else "no more"
    return (
        "ikj walks along rows of b and c: each cache line is used whole, and the compiler can use vector "
        f"instructions. With four elements a line, fewer misses alone would bring {MISS_RATIO:g} times; here "
        f"it is {than} than that."
    )


def _power_truth(run: Run) -> Truth:
    at, beside = (run.measurement(IJK, n) for n in (LARGE, LARGE + 1))
    return Truth.of(speed_ratio(beside, at))


def _power_says(truth: Truth, run: Run) -> str:
    if float(truth.value) < LEAST_EFFECT:
        more = 100 * ((LARGE + 1) ** 3 / LARGE**3 - 1)
        return (
            f"Here N={LARGE} is hardly the slower one; N={LARGE + 1} has {format_number(more, 2)} % more work. "
            "The caches have ways enough for a column, or spread addresses by more than their lowest bits."
        )
    return (
        f"N={LARGE} has less work and takes longer. A row has {4 * LARGE} bytes, so the elements of a column "
        "of b fall into few sets of a cache and throw one another out; one more element a row spreads them."
    )


LESSONS = (
    Lesson(
        name="library",
        title="Loops and library",
        question=f"How many times as fast as three Python loops is NumPy's product, {SMALL} x {SMALL}?",
        form=Number("times", 1, 1e7),
        claim=Claim(
            "NumPy is 200 times as fast as three loops at N=100, and 12,000 times at N=1000.",
            "figures of a question on stackoverflow.com, “Cannot replicate results comparing Python, Numpy and "
            "Numba matrix multiplication”: 0.69 s against 3.5 ms, and 770 s against 66 ms",
        ),
        job=lambda machine: compared(case(LIBRARY, SMALL), case(PYTHON, SMALL)),
        truth=lambda run: Truth.of(run.comparison(LIBRARY, PYTHON).ratio),
        says=_library_says,
        look=Look("ladder", {"size": str(SMALL)}),
    ),
    Lesson(
        name="order",
        title="Order of loops",
        question=f"How many times as fast as ijk is the loop order ikj, both compiled, at N={LARGE}?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "ijk misses about 1.25 times a step and ikj half a time, if a cache line holds four elements.",
            "Mark Smotherman's notes on matrix multiply, www.cs.clemson.edu/~mark/464/mmpatterns.txt",
        ),
        job=lambda machine: compared(case(IKJ, LARGE), case(IJK, LARGE), budget_s=5.0),
        truth=lambda run: Truth.of(run.comparison(IKJ, IJK).ratio),
        says=_order_says,
        look=Look("traversal", {}),
    ),
    Lesson(
        name="power-of-two",
        title="A power of two",
        question=f"How many times as long as N={LARGE + 1} does N={LARGE} take, in compiled ijk loops?",
        form=Number("times", 0.1, 100),
        claim=Claim(
            "A transposition of 512 x 512 takes 3.3 times as long as one of 513 x 513.",
            "a question on stackoverflow.com, “Why is transposing a matrix of 512x512 much slower than "
            "transposing a matrix of 513x513?”: 2.46 ms against 0.75 ms",
        ),
        job=lambda machine: timed(case(IJK, LARGE), case(IJK, LARGE + 1), budget_s=5.0),
        truth=_power_truth,
        says=_power_says,
        look=Look("lab", {"size": str(LARGE)}),
    ),
)
