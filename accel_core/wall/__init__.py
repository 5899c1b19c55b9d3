"""The wall around foreign code: a process that sees nothing of its host, and the calls into it.

What a parent needs is imported when it is first used: a child imports `accel_core.wall.inside` alone.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from accel_core.wall.child import Child
    from accel_core.wall.ending import ChildEnded, ChildLate, NoWall
    from accel_core.wall.limits import Limits
    from accel_core.wall.probing import Layer, Standing, standing
    from accel_core.wall.starting import start

_LATE = {
    "Child": "child",
    "ChildEnded": "ending",
    "ChildLate": "ending",
    "Layer": "probing",
    "Limits": "limits",
    "NoWall": "ending",
    "Standing": "probing",
    "standing": "probing",
    "start": "starting",
}
"""Name -> its module."""

__all__ = ["Child", "ChildEnded", "ChildLate", "Layer", "Limits", "NoWall", "Standing", "standing", "start"]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    return found
