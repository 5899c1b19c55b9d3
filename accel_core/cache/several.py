"""`simulate_each`: one traversal after another, with the progress of them all."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from accel_core.cache.geometry import CacheGeometry
from accel_core.cache.progress import Emit, ignore
from accel_core.cache.results import Simulation
from accel_core.cache.simulating import simulate
from accel_core.cache.stream.traversal import Traversal


def simulate_each(
    traversals: Sequence[Traversal],
    caches: Sequence[CacheGeometry],
    *,
    classify: bool = True,
    reuse: bool = False,
    emit: Emit = ignore,
) -> Iterator[Simulation]:
    """Yields what `simulate` gives for each; `emit` gets steps that count the accesses of all together."""
    course = _Course(time.monotonic(), sum(t.accesses for t in traversals), len(traversals))
    before = 0
    for number, traversal in enumerate(traversals, start=1):
        forward = partial(course.tell, emit, number, before, traversal.accesses)
        yield simulate(traversal, caches, classify=classify, reuse=reuse, emit=forward)
        before += traversal.accesses


@dataclass(frozen=True, slots=True)
class _Course:
    """When a row of simulations began, and how long it is."""

    began: float
    accesses: int
    count: int

    def tell(self, emit: Emit, number: int, before: int, mine: int, event: dict[str, Any]) -> None:
        """Pass on a step of simulation `number`, of `mine` accesses after `before`, as one of them all."""
        done = before + mine * event["done"] / event["total"]
        elapsed_s = time.monotonic() - self.began
        sums = {
            "name": event["name"] + (f" ({number} of {self.count})" if self.count > 1 else ""),
            "done": int(100 * done / self.accesses),
            "total": 100,
            "expected_s": elapsed_s * (self.accesses - done) / done if done else None,
        }
        emit({**event, **sums})
