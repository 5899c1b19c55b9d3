"""How far a product on the disk is, told now and then."""

from __future__ import annotations

import time
from collections.abc import Callable

from accel_core.bench.events import Emit, step_event

TOLD_S = 0.5
"""No more often, so that telling costs nothing."""
Done = Callable[[float], None]
"""Hears the share of a step that is done."""


class Steps:
    """The steps of a job, of which each tells its share."""

    def __init__(self, emit: Emit, total: int) -> None:
        self._emit, self._total, self._begun = emit, total, 0
        self._name, self._told_s = "", 0.0

    def begin(self, name: str) -> None:
        """The next step begins."""
        self._begun += 1
        self._name = name
        self._tell(None)

    def part_of(self, expected_s: float) -> Done:
        """What hears the share of this step, said to take so long."""

        def heard(share: float) -> None:
            if time.monotonic() - self._told_s >= TOLD_S:
                self._tell(expected_s * (1 - share))

        heard(0.0)
        return heard

    def part(self, share: float) -> None:
        """The same where nobody knows how long it takes."""
        if time.monotonic() - self._told_s >= TOLD_S:
            self._tell(None)

    def _tell(self, expected_s: float | None) -> None:
        self._told_s = time.monotonic()
        self._emit(step_event(self._name, self._begun - 1, self._total, expected_s))
