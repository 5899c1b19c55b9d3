"""Whether this is a host of its own: a recorded one in its place, and the wall around foreign code."""

from __future__ import annotations

from typing import TYPE_CHECKING

from accel_core.doctor.check import Check, check
from accel_core.machine import pretence
from accel_core.model import Machine

if TYPE_CHECKING:
    from accel_core.wall import Standing


def judge_pretence(machine: Machine) -> Check:
    """That a recorded machine stands in for this one."""
    remedy = (
        "Unset ACCEL_MACHINE to see this computer's load, free memory and libraries: what stands here is of "
        "the recorded machine."
    )
    return Check("pretend host", False, pretence(machine), remedy)


def judge_wall(found: Standing) -> Check:
    """Whether foreign code may run here, layer by layer; a system that can have no wall is no fault."""
    said = "".join(f" {one.name}: {one.detail};" for one in found.layers).rstrip(";")
    if found.stands:
        return Check("wall", True, f"Foreign code is walled in, by{said}.")
    detail = f"No wall stands, so no foreign code is run: {found.reason}"
    return check("wall", not found.remedy, detail, found.remedy)
