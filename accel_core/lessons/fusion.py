"""Lessons on expressions of NumPy: the arrays that they need, and what one pass over memory brings."""

from __future__ import annotations

from accel_core import registry
from accel_core.lessons.lesson import (
    LEAST_EFFECT,
    Choice,
    Claim,
    Lesson,
    Look,
    Number,
    Run,
    Truth,
    after_another,
    case,
    compared,
    timed,
)
from accel_core.lessons.sources import ABOUT, EARLIER
from accel_core.units import format_arrays, format_bytes, format_number

EXPRESSION, STEPS = "gelu/expression", "gelu/named_steps"
FUSED, LIBRARY_TANH = "gelu/fused", "gelu/compiled_tanh"
TRACED, LARGE = 512, 2000
"""Sides: of arrays of 1 MiB, whose memory is seen within milliseconds, and of those that ABOUT measures."""
NEAR = 1.25
"""A ratio within this factor of what was predicted is called as predicted."""
BESIDE = {0: "none", 1: "one", 2: "two"}


def _arrays(run: Run, kernel: str) -> float:
    """The greatest extra memory of one call in arrays, its result included."""
    arrays = registry.extra_arrays(run.measurement(kernel))
    if arrays is None:
        raise LookupError(f"the memory of {kernel} was not measured")
    return arrays


def _temporaries_truth(run: Run) -> Truth:
    return Truth(BESIDE.get(max(round(_arrays(run, EXPRESSION)) - 1, 0), "more"))


def _temporaries_says(truth: Truth, run: Run) -> str:
    m, steps = run.measurement(EXPRESSION), _arrays(run, STEPS)
    peak = f"At its peak a call takes {format_bytes(m.peak_alloc_bytes or 0)}"
    if truth.value == BESIDE[0]:
        return f"Here the claim holds: {peak[0].lower()}{peak[1:]}, which is the result alone."
    operators = len(registry.kernel(EXPRESSION)[1].operators)
    return (
        f"{peak}, which is {format_arrays(_arrays(run, EXPRESSION))} with the result. One expression is not "
        f"one pass: NumPy runs its {operators} operators one after another over whole arrays, and what a later "
        "one needs waits in memory. What the expression lets go sooner are results without a name: eight steps "
        f"with a name each keep {format_arrays(steps)}."
    )


def _moved(kernel: str) -> int:
    """Whole arrays that the operators of a rung read and write."""
    return registry.kernel(kernel)[1].moved


def _traffic_says(truth: Truth, run: Run) -> str:
    found, predicted = float(truth.value), _moved(EXPRESSION) / _moved(FUSED)
    scalar = run.comparison(LIBRARY_TANH, EXPRESSION).ratio.median
    counted = (
        f"Counted operator by operator, {_moved(EXPRESSION)} arrays read or written become {_moved(FUSED)}, so "
        f"that traffic alone predicts {format_number(predicted)} times"
    )
    if found < LEAST_EFFECT:
        measured = f"Here one pass brings nothing. {counted}: something else than memory sets the pace."
    elif found > predicted * NEAR:
        measured = f"{counted}. It is more: the arithmetic has changed too, not only the passes."
    elif found < predicted / NEAR:
        measured = f"{counted}. It is less: the traffic does not set the pace of both."
    else:
        measured = f"{counted}, which is about what was measured."
    return f"{measured} {_with_scalar_tanh(scalar)}"


def _with_scalar_tanh(ratio: float) -> str:
    """What the same pass brings with the C library's tanh, a call for each element."""
    told = (
        f"The same single pass with the C library's tanh, which moves as little, is {format_number(ratio, 2)} "
        "times as fast as the expression"
    )
    if ratio < 1 / LEAST_EFFECT:
        return f"{told}: its arithmetic costs more than the fewer passes bring."
    if ratio < LEAST_EFFECT:
        return f"{told}: its arithmetic costs what the fewer passes bring."
    return f"{told}."


LESSONS = (
    Lesson(
        name="temporaries",
        title="Hidden arrays",
        question="How many arrays as large as x does NumPy need at once, beside the result, for GELU as one "
        "expression?",
        form=Choice({"none": "none", "one": "one", "two": "two", "more": "three or more"}),
        claim=Claim("GELU in one expression makes 0 temporary arrays.", f"{EARLIER}, fused_gelu"),
        job=lambda machine: timed(case(EXPRESSION, TRACED), case(STEPS, TRACED), budget_s=0.5),
        truth=_temporaries_truth,
        says=_temporaries_says,
        look=Look("fusion", {"workload": "gelu", "size": str(TRACED)}),
    ),
    Lesson(
        name="traffic",
        title="Passes over memory",
        question=f"How many times as fast as one NumPy expression is GELU of {LARGE} x {LARGE} in one compiled "
        "pass, which reads and writes each element once?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "Fused GELU needs 2 memory operations, and 16 without fusion: 87.5 % of the traffic are saved.",
            f"{ABOUT}, question 2",
        ),
        job=lambda machine: after_another(
            compared(case(FUSED, LARGE), case(EXPRESSION, LARGE), budget_s=2.0),
            compared(case(LIBRARY_TANH, LARGE), case(EXPRESSION, LARGE), budget_s=1.5),
        ),
        truth=lambda run: Truth.of(run.comparison(FUSED, EXPRESSION).ratio),
        says=_traffic_says,
        look=Look("fusion", {"workload": "gelu", "size": str(LARGE), "threads": "1"}),
    ),
)
