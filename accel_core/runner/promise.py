"""What a job will take: said on its button before it runs, and counted down while it does.

Nothing here is the speed of one host: records of this machine come first, then the registry's order of
magnitude at this core's pace; and how long a worker takes to start is learned from those of this process.
The compiler is imported inside, by those who need it: the first page promises before it is there.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from accel_core.model.pace import Pace
from accel_core.runner.kinds import KINDS
from accel_core.runner.known import Known
from accel_core.runner.spec import complete

START_S = 0.8
"""A worker comes up: Python, NumPy and Numba are imported. On a core of the registry's pace."""
LOAD_S = 0.3
"""The first machine code is compiled or loaded: LLVM and Numba's own functions come with it."""
PACE_KEPT_S = 10.0
PACES = 9
"""A neighbour that comes and goes within seconds is there at some of them, so as many count."""


@dataclass(frozen=True, slots=True)
class Promise:
    """How long a job will take, from its turn in the queue to its end."""

    start_s: float
    steps_s: tuple[float, ...]
    """Of each of its steps; one number where the worker counts its own."""
    compile_s: float
    """How much of that goes to compiling what no cache holds: it is needed once."""

    @property
    def total_s(self) -> float:
        """Seconds of the start and all steps."""
        return self.start_s + sum(self.steps_s)

    def left_s(self, done: int, in_step_s: float) -> float:
        """What is still to come `in_step_s` seconds after step number `done` began."""
        now_s, *rest_s = self.steps_s[done:] or (0.0,)
        return max(now_s - in_step_s, 0.0) + sum(rest_s)


def foresee(job: Mapping[str, Any], known: Known) -> Promise:
    """What `job` will take; BadInput for one that is none."""
    return promise(complete(job, known.machine).data, known)


def promise(data: Mapping[str, Any], known: Known) -> Promise:
    """What the job `data` (of a `Spec`) will take."""
    ready_s = median(_starts) if _starts else START_S * known.core_pace.between
    steps_s, compiling_each_s = KINDS[data["kind"]].foresee(data, known)
    compile_s = [known.core_pace.between * each_s for each_s in compiling_each_s]
    together = tuple(map(sum, zip(steps_s, compile_s, strict=True)))
    return Promise(ready_s + LOAD_S * known.core_pace.between, together, sum(compile_s))


# -- what is learned on the spot -----------------------------------------------------------------------------

_starts: deque[float] = deque(maxlen=3)


def learn_start(took_s: float) -> None:
    """A worker of this process took so long until it was ready."""
    _starts.append(took_s)


@dataclass
class _Pace:
    """The pace of this core, as measured lately."""

    seen: deque[Pace] = field(default_factory=lambda: deque(maxlen=PACES))
    at: float = -math.inf


_pace = _Pace()


def core_pace(*, ask: bool = True) -> Pace:
    """This core's pace, measured again after PACE_KEPT_S: the neighbours of a virtual machine come and go.

    The median of the last PACES. With `ask` false nothing is measured, for a time at which something else is.
    """
    if ask and time.monotonic() - _pace.at > PACE_KEPT_S:
        from accel_core.bench.pace import measure_pace

        _pace.seen.append(measure_pace())
        _pace.at = time.monotonic()
    return Pace.median(_pace.seen)


def simulator_s() -> float:
    """Seconds to compile the simulator of caches; 0 where its machine code is kept."""
    from accel_core.cache import simulate
    from accel_core.runner.compiling import compiling_s

    return sum(compiling_s([simulate])) * core_pace().between
