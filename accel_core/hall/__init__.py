"""The lecture hall: a room votes on the questions of lessons, twice, and then watches the run that answers.

A hall is plain state behind a lock. Phones and the presenter's page are two views of it. What knows the lessons
is imported when it is first used: a server says where it is without them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accel_core.hall.gate import Gate, gate
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

if TYPE_CHECKING:
    from accel_core.hall.hall import Asked, Closed, Found, Hall
    from accel_core.hall.halls import HALLS, Halls

_LATE = {
    "Asked": "hall",
    "Closed": "hall",
    "Found": "hall",
    "Hall": "hall",
    "HALLS": "halls",
    "Halls": "halls",
}
"""Name -> its module, which imports the lessons."""

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


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'accel_core.hall' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"accel_core.hall.{_LATE[name]}"), name)
    return found
