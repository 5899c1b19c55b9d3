"""One call of a submission: on fresh inputs, into an output full of NaN, checked while the child is stopped."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.bench.verify import format_shape, format_small
from accel_core.judge.asked import Refused
from accel_core.judge.checking import needs_reference, share_of_allowed
from accel_core.judge.inside import pages
from accel_core.judge.players import CALL_S, Player, complaint, ending, touched_memory
from accel_core.judge.staging import Stage
from accel_core.model import Shape, Workload
from accel_core.wall import ChildEnded, ChildLate


@dataclass
class Posed:
    """Inputs of one round and their reference, which is computed where it is asked for."""

    workload: Workload
    shape: Shape
    inputs: tuple[Any, ...]
    _expected: Any = None

    @classmethod
    def fresh(cls, workload: Workload, shape: Shape, dtype: str) -> Posed:
        """Inputs of a seed that nobody knows beforehand."""
        return cls(workload, shape, workload.make_inputs(shape, dtype, secrets.randbits(63)))

    @property
    def expected(self) -> Any:
        """The float64 reference."""
        if self._expected is None:
            self._expected = self.workload.reference(*self.inputs)
        return self._expected


@dataclass
class Table:
    """What a submission's calls have in common: the child that computes, the memory, and the sentences."""

    workload: Workload
    dtype: str
    player: Player
    stage: Stage
    native: bool
    explain: Callable[[Posed], str] = lambda posed: ""
    """Why a process that used memory which it does not have did so, found out by trying."""
    team: bool = False
    """Whether it starts threads, whose errors nobody tells."""
    errors: list[float] = field(default_factory=list)
    """Of every checked call, as a share of what is allowed."""
    _kept: NDArray[Any] = field(default_factory=lambda: np.empty(0))
    """The output of the last call when it had returned."""

    def lay(self, posed: Posed, *players: Player) -> None:
        """Have the memory laid out for a shape, by all `players`."""
        places = self.stage.shape(posed.inputs, np.shape(posed.expected), self.dtype)
        for player in players or (self.player,):
            player.do(pages.SHAPE, places=places)

    def call(
        self, posed: Posed, always: bool, limit_s: float = CALL_S, pause_s: float = 0.0
    ) -> tuple[int, int]:
        """(start, nanoseconds) of a call; Refused where it is wrong, or changes afterwards.

        `always`: all entries are compared. The output is looked at again after the check, and after `pause_s`.
        """
        stage, where = self.stage, f"at size {format_shape(posed.shape)}"
        stage.put(posed.inputs)
        stage.clear()
        stage.clear_report()
        start_ns = time.monotonic_ns()
        try:
            took_ns = self.player.do(pages.CALL, timeout_s=limit_s)
        except (ChildEnded, ChildLate) as error:
            if self.native and touched_memory(error) and (why := self.explain(posed)):
                raise Refused(f"{why} {where}.") from None
            raise Refused(f"{ending(error, limit_s)} {where}.") from None
        if said := complaint(*stage.report(), self.native):
            raise Refused(f"{said.rstrip('.')} {where}.", _shown(posed, stage))
        if stage.overrun:
            raise Refused(f"It wrote past the end of out {where}: keep every index below its length.")
        self._keep()
        self.require_right(posed, always)
        self.require_unchanged(pause_s)
        return start_ns, took_ns

    def require_right(self, posed: Posed, always: bool) -> None:
        """Keep the error of what lies in the output; Refused where it is over what is allowed."""
        out = self.stage.out
        expected = posed.expected if needs_reference(self.workload, always) else None
        share = share_of_allowed(self.workload, posed.shape, posed.inputs, out, expected)
        self.errors.append(share)
        if share <= 1:
            return
        where = f"at size {format_shape(posed.shape)}"
        if (missing := int(np.isnan(out).sum())) == out.size:
            raise Refused(
                f"It wrote nothing into out {where}: every entry is to be written.{self._untold}",
                _shown(posed, self.stage),
            )
        if missing:
            raise Refused(
                f"{missing} of {out.size} entries of out are not numbers {where}: write every entry of out."
                f"{self._untold}",
                _shown(posed, self.stage),
            )
        if not np.isfinite(out).all():
            raise Refused(
                f"It gives infinity {where}, where every right number is finite.", _shown(posed, self.stage)
            )
        raise Refused(
            f"It gives a wrong result {where}: its error is {format_small(share)} times what is allowed.",
            _shown(posed, self.stage),
        )

    @property
    def _untold(self) -> str:
        """What to try where entries are missing."""
        return " An error inside prange is not told: try range in its place." if self.team else ""

    def _keep(self) -> None:
        """Copy the output as it is checked: a plain copy takes less time than a sum that nobody can forge."""
        if self._kept.shape != self.stage.out.shape:
            self._kept = np.empty_like(self.stage.out)
        np.copyto(self._kept, self.stage.out)

    def require_unchanged(self, pause_s: float) -> None:
        """Let the child go on for a moment without a call; Refused where the output is not what was kept.

        While the child is stopped only another process could write to it, which no wall lets it start, and on
        one's own computer that has time while the answer is checked. A thread that was left behind goes on with
        the child, here and in later calls: there its time counts, and their output is checked in turn.
        """
        time.sleep(pause_s)
        self.player.do(pages.NOTHING)
        bits = f"u{self._kept.itemsize}"  # as numbers, two that are not a number would differ
        if not np.array_equal(self._kept.view(bits), self.stage.out.view(bits)):
            raise Refused("Its output changed after it had returned: nothing may run on after the call.")


def _shown(posed: Posed, stage: Stage) -> dict[str, str]:
    """A failing input as short text: the shape, the first array, what was expected and what came."""
    with np.printoptions(precision=4, threshold=16, edgeitems=2, linewidth=100):
        return {
            "shape": format_shape(posed.shape),
            "input": "\n".join(np.array2string(one) for one in posed.inputs)[:1500],
            "expected": np.array2string(posed.expected)[:800],
            "got": np.array2string(stage.out)[:800],
        }
