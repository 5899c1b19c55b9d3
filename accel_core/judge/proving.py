"""The proofs of an event under the very check by which its calls, or its orders, are judged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from accel_core.arena.answers import Check
from accel_core.arena.event import MISSES, Event
from accel_core.arena.proofs import Proof, proofs
from accel_core.judge.checking import PRODUCT, share_of_allowed
from accel_core.judge.proving_orders import order_proofs
from accel_core.model import Shape, Workload


def event_proofs(event: Event) -> Iterator[Proof]:
    """The proofs of an event, one after the other."""
    yield from order_proofs(event) if event.kind == MISSES else proofs(event, checks_of(event))


def checks_of(event: Event) -> list[Check]:
    """The ways in which a call is checked: in all entries, and a product by random signs alone too."""
    return [share_of_allowed, _by_signs] if event.workload == PRODUCT else [share_of_allowed]


def _by_signs(problem: Workload, shape: Shape, inputs: Any, out: Any, expected: Any) -> float:
    return share_of_allowed(problem, shape, inputs, out, None)
