"""What computes each operation of a block that is measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from accel_core.errors import BadInput, unknown


@dataclass(frozen=True, slots=True)
class State:
    """A program that a reader may have, and that is asked where to begin."""

    name: str
    title: str
    softmax: str
    """The rung of the ladder softmax that computes it."""
    elementwise: str
    """The rung of the others: "numpy" (one expression a step) or "compiled"."""


STATES: Mapping[str, State] = {
    one.name: one
    for one in (
        State("python-softmax", "softmax in Python", "python_loops", "numpy"),
        State("numpy", "all NumPy", "numpy", "numpy"),
        State("compiled", "compiled element-wise", "compiled", "compiled"),
    )
}
"""Matrix products are the library's in all of them. Decoding is a shape, not a state."""


def state(name: str) -> State:
    """The state called `name`; BadInput with the nearest name where there is none."""
    if name not in STATES:
        raise BadInput(unknown("state called", name, STATES, f"all states: {', '.join(STATES)}"))
    return STATES[name]
