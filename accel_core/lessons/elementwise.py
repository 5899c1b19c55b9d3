"""Lessons on one pass over arrays: what a power costs."""

from __future__ import annotations

from accel_core.lessons.lesson import LEAST_EFFECT, Claim, Lesson, Look, Number, Run, Truth, case, compared
from accel_core.units import format_time

POWER, PRODUCT = "gelu/power_expression", "gelu/expression"
SIDE = 1000


def _cube_says(truth: Truth, run: Run) -> str:
    if float(truth.value) < LEAST_EFFECT:
        return "Here the power costs next to nothing: this NumPy takes it as products, or has vectors for it."
    found = run.comparison(PRODUCT, POWER)
    power_s = found.time_s_b - found.time_s_a
    return (
        f"All else is the same, the tanh too: of {format_time(found.time_s_b)} the power takes about "
        f"{format_time(power_s)}, which is {format_time(power_s / SIDE**2)} for each element. NumPy asks the "
        "general power function for each, where two multiplications of whole vectors would do."
    )


LESSONS = (
    Lesson(
        name="cube",
        title="The cube",
        question="In GELU as one NumPy expression: how many times as fast is it with x*x*x instead of x**3?",
        form=Number("times", 0.1, 1000),
        claim=Claim(
            "In NumPy x*x*x is an order of magnitude faster than x**3.",
            "stackoverflow.com/questions/18453771, “Why is x**3 slower than x*x*x?”, of 2013",
        ),
        job=lambda machine: compared(case(PRODUCT, SIDE), case(POWER, SIDE)),
        truth=lambda run: Truth.of(run.comparison(PRODUCT, POWER).ratio),
        says=_cube_says,
        look=Look("fusion", {}),
    ),
)
