"""Verdicts that need no judge: on a file that is not taken, and where a judge ended before its own."""

from __future__ import annotations

import hashlib
import uuid
from datetime import UTC, datetime

from accel_core.arena.event import Event
from accel_core.machine import environment
from accel_core.model import Machine, Verdict
from accel_core.model.arena import STAGES


def unjudged(
    event: Event,
    verdict: str,
    reason: str,
    machine: Machine,
    *,
    code: bytes = b"",
    entry: str = "",
    confirms: str = "",
    walled: bool = True,
) -> Verdict:
    """A verdict without times; one that names no entry was only tried."""
    return Verdict(
        event=event.name,
        verdict=verdict,
        stage=STAGES[0],
        reason=reason,
        score=None,
        score_low=None,
        score_high=None,
        sizes=(),
        tried=not entry,
        seed=None,
        null_s=None,
        walled=walled,
        layers=(),
        facts={},
        failing={},
        disturbed=False,
        disturbed_reason="",
        code_digest=hashlib.blake2b(code, digest_size=8).hexdigest(),
        entry=entry,
        fingerprint=machine.fingerprint,
        environment=environment(),
        created=datetime.now(UTC).isoformat(timespec="microseconds"),
        id=uuid.uuid4().hex,
        confirms=confirms,
    )
