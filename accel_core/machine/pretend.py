"""The machine that the program describes: the one it runs on, or the recorded one that ACCEL_MACHINE names.

The variable holds for the whole program and the processes that it starts. What is said of the hardware is then
said of the recorded machine; what the clock would measure is still the real one, so nothing is measured.
"""

from __future__ import annotations

import os
from pathlib import Path

from accel_core.errors import BadInput
from accel_core.machine import affinity, load, sources
from accel_core.machine.partial import MEMORY_LIMIT
from accel_core.machine.recorded import read_machine
from accel_core.model import Machine

VARIABLE = "ACCEL_MACHINE"


def pretended() -> Machine | None:
    """The recorded machine that stands in for this one, or None. BadInput for a file that is none."""
    given = os.environ.get(VARIABLE, "").strip()
    return read_machine(Path(given)) if given else None


def detect() -> Machine:
    """The machine that this program describes. What nobody knows is None.

    A process that is pinned sees fewer allowed processors, so detect before pinning; the fingerprint stays.
    Raises nothing but BadInput, and that for a file in ACCEL_MACHINE which is no recorded machine.
    """
    return pretended() or sources.detect()


def allowed_cpus() -> tuple[int, ...]:
    """Logical processors this process may run on; empty where the system cannot say."""
    stand_in = pretended()
    return stand_in.cores.cpus_allowed if stand_in else affinity.allowed_cpus()


def available_memory_bytes() -> int:
    """Memory that is free; of a recorded machine all that it may use, where that is known."""
    stand_in = pretended()
    if stand_in is None:
        return load.available_memory_bytes()
    limits = [fact.value for fact in stand_in.facts if fact.name == MEMORY_LIMIT]
    known = [int(size) for size in (stand_in.memory_bytes, *limits) if isinstance(size, int | float)]
    return min(known) if known else load.available_memory_bytes()


def pretence(machine: Machine) -> str:
    """ "Pretend host: ... stands in for this computer ..."; empty for a machine that was detected."""
    if machine.pretended is None:
        return ""
    return (
        f"Pretend host: the recorded machine {machine.pretended} stands in for this computer "
        f"({VARIABLE}), and nothing is measured."
    )


def refuse_to_measure(machine: Machine | None = None) -> None:
    """BadInput where this program or `machine` is a recorded one: the clock would tell of another computer."""
    for stand_in in (machine, pretended()):
        if stand_in is not None and stand_in.pretended is not None:
            raise BadInput(
                f"Nothing can be measured on the pretend host {stand_in.pretended}: "
                f"unset {VARIABLE} to measure this computer."
            )
