"""The roofs of one host of a pool."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model.hosts import Host
from accel_core.model.roofs import Ceiling


@dataclass(frozen=True, slots=True)
class HostRoofs(PlainData):
    """What one host measured when all hosts were asked for their roofs."""

    host: Host
    ceilings: tuple[Ceiling, ...] = ()
    """One of each name, the newest; as many as were measured before the job ended."""
    created: str = ""
    """When the job was sent: ISO 8601, UTC."""
    fault: str = ""
    """Why something is missing, in a sentence; empty where nothing is."""
