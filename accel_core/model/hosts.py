"""The hosts of a pool, and which of them a job may run on."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData
from accel_core.model.machine import Machine


@dataclass(frozen=True, slots=True)
class Host(PlainData):
    """One host of a pool, as it was last heard of."""

    name: str
    """Unique in its pool."""
    machine: Machine
    busy: str = ""
    """What it does now, as a page shows it: "measures for the pool", "measures for somebody on the host"; empty
    where it does nothing."""
    waiting: int = 0
    """Jobs that wait in the host's own queue."""
    seen: str = ""
    """When it was heard of last: ISO 8601, UTC."""
    shares: tuple[str, ...] = ()
    """Other hosts of the pool on the same computer. Where there are any, they disturb each other: their figures
    are not those of several computers."""
    version: str = ""
    """Of this program there."""
    silent: bool = False
    """Whether it has not been heard of for so long that no job is begun there until it is."""

    @property
    def does(self) -> str:
        """What it does now, in words."""
        return "does not answer" if self.silent else self.busy or "idle"

    def is_alike(self, other: Host) -> bool:
        """Whether both have the same hardware, by the facts that stay: neither clock nor load."""
        return self.machine.fingerprint == other.machine.fingerprint


@dataclass(frozen=True, slots=True)
class Wanted(PlainData):
    """Which host a job asks for; without name and fingerprint any will do."""

    name: str = ""
    fingerprint: str = ""
    """Of the hardware (`Machine.fingerprint`): any host that has it."""
    alike: bool = False
    """Whether a host of the same hardware takes over where the host that measures goes away."""

    def suits(self, host: Host) -> bool:
        """Whether the job may begin on `host`."""
        if self.name and self.name != host.name:
            return False
        return not self.fingerprint or self.fingerprint == host.machine.fingerprint

    @property
    def said(self) -> str:
        """ "the host node3", "a host of the hardware 1f2e3d", "any host"."""
        if self.name:
            return f"the host {self.name}"
        return f"a host of the hardware {self.fingerprint}" if self.fingerprint else "any host"
