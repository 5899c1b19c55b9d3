"""What was left out with a reason, by the rules of this program and not by what the pack says."""

from __future__ import annotations

from accel_core import registry
from accel_core.errors import BadInput
from accel_core.homework.checking.findings import LOOK, Says, Subject

PLENTY = 1 << 50
"""Bytes: how much memory was free is not known afterwards."""


def refused(subject: Subject) -> Says:
    """Cases that a pack calls impossible, and that its machine could run."""
    machine = subject.pack.machine
    for done in subject.pack.experiments:
        for refusal in done.refusals:
            try:
                case = registry.validate(refusal.case, machine)
                could = registry.why_not(case, machine, available_bytes=PLENTY) is None
            except BadInput:
                continue
            if could and "memory" not in refusal.reason:
                yield LOOK, f"{done.id}: {case.kernel} was left out, and this machine could run it."
