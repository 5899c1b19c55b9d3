"""The wall around foreign code: a process that sees nothing of its host, and the calls into it."""

from accel_core.wall.child import Child
from accel_core.wall.ending import ChildEnded, ChildLate, NoWall
from accel_core.wall.limits import Limits
from accel_core.wall.standing import Layer, Standing, standing
from accel_core.wall.starting import start

__all__ = ["Child", "ChildEnded", "ChildLate", "Layer", "Limits", "NoWall", "Standing", "standing", "start"]
