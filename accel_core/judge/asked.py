"""What is to be judged, and the one exception by which a submission is turned away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from accel_core.arena.event import ONE_THREAD, OPEN, Event
from accel_core.arena.roofs import HeldAgainst
from accel_core.model import Ceiling


@dataclass(frozen=True, slots=True)
class Asked:
    """A submission, the event that it is for, and what is known beforehand."""

    event: Event
    code: str
    threads: int
    """On how many it may run, and whose roofs count."""
    ceilings: tuple[Ceiling, ...] = ()
    walled: bool = True
    layers: tuple[str, ...] = ()
    """What the wall is made of, where it stands."""
    tried: bool = False
    """Printed sizes only, and little time."""
    entry: str = ""
    confirms: str = ""

    @property
    def roofs(self) -> HeldAgainst:
        """What its times are held against."""
        return HeldAgainst.of(self.ceilings, self.event.dtype, self.threads)

    @property
    def is_open(self) -> bool:
        """Whether anything that is installed may be called."""
        return self.event.division == OPEN

    @property
    def one_thread(self) -> bool:
        """Whether no second thread may run."""
        return self.event.division == ONE_THREAD


@dataclass
class Refused(Exception):
    """The submission is wrong or not allowed; the message is the sentence that its author gets."""

    reason: str
    failing: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.reason


MOST_SAID = 300


def foreign(text: str) -> str:
    """Words of foreign code as any page, terminal and log takes them: one line, printable, cut where long."""
    line = "".join(one if one.isprintable() else " " for one in text)
    line = " ".join(line.split())
    return line if len(line) <= MOST_SAID else f"{line[: MOST_SAID - 1]}…"
