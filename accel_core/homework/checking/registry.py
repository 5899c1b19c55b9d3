"""Every check of one pack, by name. A new one is a function and an entry here."""

from __future__ import annotations

from accel_core.homework.checking.arithmetic import arithmetic, claimed, deterministic, schema
from accel_core.homework.checking.clocks import elapsed, guess_first, monotone, quantum
from accel_core.homework.checking.findings import Alone
from accel_core.homework.checking.parts import refused
from accel_core.homework.checking.roofs import one_machine, sound_roofs, under_the_roof

ALONE: tuple[tuple[str, Alone], ...] = (
    ("schema", schema),
    ("arithmetic", arithmetic),
    ("claimed statistics", claimed),
    ("deterministic parts", deterministic),
    ("clock", quantum),
    ("order of times", monotone),
    ("total time", elapsed),
    ("guess before run", guess_first),
    ("under the roof", under_the_roof),
    ("roofs", sound_roofs),
    ("one machine", one_machine),
    ("left out", refused),
)
