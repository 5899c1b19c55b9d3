"""What can be said of any lesson's answer, wherever its run was made."""

from __future__ import annotations

import math
from typing import Any

from accel_core.lessons import Choice, Form, Lesson, Number, Run


def guesses(form: Form) -> list[Any]:
    """Guesses at the ends of what can be guessed."""
    if isinstance(form, Number):
        return [form.low, form.high]
    names = list(form.answers)
    return names if isinstance(form, Choice) else [",".join(names), ",".join(reversed(names))]


def faults(one: Lesson, run: Run) -> list[str]:
    """What is wrong with a lesson's answer from a run, whatever its size; LookupError where the run lacks
    what the lesson asks for."""
    truth = one.truth(run)
    found = []
    if isinstance(one.form, Number):
        value = float(truth.value)
        if not 0 < value < math.inf:
            found.append(f"{value} is no answer")
        if not (truth.low or 0) <= value <= (truth.high or math.inf):
            found.append(f"{value} is not from {truth.low} to {truth.high}")
    else:
        one.form.read(str(truth.value))
    for guess in [None, *guesses(one.form)]:
        said = one.reveal(guess, run)
        begins = said.startswith("You said") == (guess is not None)
        if not (begins and said.endswith(".")) or "nan" in said.split():
            found.append(f"it says: {said}")
    return found
