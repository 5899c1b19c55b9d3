"""The lecture hall: a room votes on the questions of lessons, twice, and then watches the run that answers.

A hall is plain state behind a lock. Phones and the presenter's page are two views of it.
"""

from accel_core.hall.gate import Gate, gate
from accel_core.hall.hall import Asked, Closed, Found, Hall
from accel_core.hall.halls import HALLS, Halls
from accel_core.hall.steps import (
    AGAIN,
    ASK,
    COMMIT,
    DISCUSS,
    END,
    JOIN,
    REVEAL,
    RUN,
    STEPS,
    VOTING,
)

__all__ = [
    "AGAIN",
    "ASK",
    "COMMIT",
    "DISCUSS",
    "END",
    "HALLS",
    "JOIN",
    "REVEAL",
    "RUN",
    "STEPS",
    "VOTING",
    "Asked",
    "Closed",
    "Found",
    "Gate",
    "Hall",
    "Halls",
    "gate",
]
