"""Lessons on no warm-up, denormal numbers and too many threads: mistakes of measuring that a trial makes."""

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
)
from accel_core.model import Estimate, Trial
from accel_core.stats import median_interval, quotient_interval
from accel_core.units import format_number, format_time


def found_trial(run: Run, name: str) -> Trial:
    """The trial of this name. LookupError where it is missing."""
    for found in run.every(Trial):
        if found.name == name:
            return found
    raise LookupError(f"there is no trial {name}")


def cost(trial: Trial) -> Estimate:
    """How many times as long the mistake takes."""
    return quotient_interval(trial.wrong_s, trial.right_s)


def _trial(name: str, budget_s: float = 2.0) -> Job:
    return {"kind": "trial", "names": [name], "budget_s": budget_s}


def _medians_s(trial: Trial) -> tuple[float, float]:
    """Median seconds of the right way and of the mistake."""
    return median_interval(trial.right_s).median, median_interval(trial.wrong_s).median


# -- no warm-up ----------------------------------------------------------------------------------------------


def _cold_says(truth: Truth, run: Run) -> str:
    right_s, wrong_s = _medians_s(found_trial(run, "cold"))
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here the first call takes {format_time(wrong_s)} and later ones {format_time(right_s)}: nothing "
            "was compiled, as with NUMBA_DISABLE_JIT=1, or the loop takes longer than its compiler."
        )
    mean_s = (wrong_s + 9 * right_s) / 10
    return (
        f"The first call takes {format_time(wrong_s)}, later ones {format_time(right_s)}: the difference is "
        "mostly the compiler, which is not the kernel. Averaging does not help: the mean of the first ten "
        f"calls is {format_time(mean_s)}, {format_number(mean_s / right_s)} times too long. It is seen when "
        "the first time is printed by itself; call once, check the result, and only then start the clock."
    )


# -- denormal numbers ----------------------------------------------------------------------------------------


def _denormal_says(truth: Truth, run: Run) -> str:
    right_s, wrong_s = _medians_s(found_trial(run, "denormal"))
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here denormal numbers cost nothing: {format_time(wrong_s)} a call against "
            f"{format_time(right_s)}. This processor multiplies them in its usual circuits; others take a "
            "detour for each."
        )
    return (
        f"The same products take {format_time(right_s)} on numbers near 1 and {format_time(wrong_s)} on "
        "numbers below 2^-126, for which this processor leaves its fast path. A kernel timed on arrays that "
        "decayed to almost nothing, or were never filled, looks slow for no reason of its own. It is seen when "
        "the inputs are drawn anew; random numbers near 1 are safe."
    )


# -- more threads than cores ---------------------------------------------------------------------------------


def _crowded_says(truth: Truth, run: Run) -> str:
    trial = found_trial(run, "crowded")
    right_s, wrong_s = _medians_s(trial)
    told = f"{trial.right}: {format_time(right_s)} a product; {trial.wrong}: {format_time(wrong_s)}."
    if float(truth.value) < LEAST_EFFECT:
        return (
            f"Here more threads cost nothing. {told} This library keeps to a number of its own, or its threads "
            "sleep while they wait."
        )
    return (
        f"{told} Threads that wait for one another by spinning keep the processor from the one that has the "
        "work, until the system's time slice ends. Whoever reads this as the speed of the product is wrong by "
        f"{format_number(float(truth.value))} times. It is seen in the sum: threads of all levels, those of "
        "the library in each worker too, are to be no more than processors."
    )


LESSONS = (
    Lesson(
        name="no-warm-up",
        title="No warm-up",
        question="How many times as long as later calls does the first call of a new Numba loop take?",
        form=Number("times", 1, 1e6),
        claim=Claim(
            "Numba's own example takes 0.33 s at its first call, which compiles it, and 6.7 µs at its second.",
            "Numba, A ~5 minute guide, “How to measure the performance of Numba?”: github.com/numba/numba, "
            "docs/source/user/5minguide.rst at commit 004d1a8",
        ),
        job=lambda machine: _trial("cold"),
        truth=lambda run: Truth.of(cost(found_trial(run, "cold"))),
        says=_cold_says,
        look=Look("ladder", {"workload": "gelu"}),
    ),
    Lesson(
        name="denormal",
        title="Denormal numbers",
        question="How many times as long do float32 products take if all numbers lie below 2^-126?",
        form=Number("times", 0.5, 1000),
        claim=Claim(
            "Operations on denormals are slower, as a software assist usually handles them.",
            "Intel MKL, Developer Guide for Linux, “Operating on Denormals” (software.intel.com); I. Dooley "
            "and L. Kale, Quantifying the Interference Caused by Subnormal Floating-Point Values, 2006",
        ),
        job=lambda machine: _trial("denormal"),
        truth=lambda run: Truth.of(cost(found_trial(run, "denormal"))),
        says=_denormal_says,
        look=Look("ladder", {"workload": "scale"}),
    ),
    Lesson(
        name="crowded",
        title="More threads than cores",
        question="How many times as long does NumPy's 512 x 512 product take with four threads a processor?",
        form=Number("times", 0.1, 10_000),
        claim=Claim(
            "More threads than CPUs lead to oversubscription of physical resources and to scheduling overhead.",
            "scikit-learn, Parallelism, resource management, and configuration, “Oversubscription” "
            "(scikit-learn.org/stable/computing/parallelism.html)",
        ),
        job=lambda machine: _trial("crowded", 4.0),
        truth=lambda run: Truth.of(cost(found_trial(run, "crowded"))),
        says=_crowded_says,
        look=Look("lab", {"over": "threads", "kernels": "numpy"}),
    ),
)
