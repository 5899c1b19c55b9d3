"""What a job will take: said on its button before it runs, and counted down while it does.

Nothing here is the speed of one host: records of this machine come first, then the registry's order of
magnitude at this core's pace; and how long a worker takes to start is learned from those of this process.
The compiler is imported inside, by those who need it: the first page promises before it is there.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import median
from typing import TYPE_CHECKING, Any

from accel_core.contest import Calibration
from accel_core.machine import available_memory_bytes
from accel_core.model import Case, Machine, Measurement
from accel_core.runner.spec import complete

if TYPE_CHECKING:
    from accel_core.bench.duration import Experience

START_S = 0.8
"""A worker comes up: Python, NumPy and Numba are imported. On a core of the registry's pace."""
LOAD_S = 0.3
"""The first machine code is compiled or loaded: LLVM and Numba's own functions come with it."""
PROBES_S = 1.6
"""The roofs' probes are loaded, or compiled, which takes as long: they are many and short."""
PACE_KEPT_S = 60.0


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
        return self.start_s + sum(self.steps_s)

    def left_s(self, done: int, in_step_s: float) -> float:
        """What is still to come `in_step_s` seconds after step number `done` began."""
        now_s, *rest_s = self.steps_s[done:] or (0.0,)
        return max(now_s - in_step_s, 0.0) + sum(rest_s)


class Known:
    """What is known of a machine before a job: its records and its pace now.

    Measurements come newest first, calibrations oldest first.
    """

    def __init__(
        self,
        machine: Machine,
        measurements: Iterable[Measurement] = (),
        calibrations: Iterable[Calibration] = (),
        core_pace: float = 1.0,
    ) -> None:
        self.machine = machine
        self.core_pace = core_pace
        self.calibrations = tuple(calibrations)
        self._measurements = measurements

    @cached_property
    def experience(self) -> Experience:
        from accel_core.bench.duration import Experience

        return Experience(self._measurements, self.core_pace)


def foresee(job: Mapping[str, Any], known: Known) -> Promise:
    """What `job` will take; BadInput for one that is none."""
    return promise(complete(job, known.machine).data, known)


def promise(data: Mapping[str, Any], known: Known) -> Promise:
    """What the job `data` (of a `Spec`) will take."""
    ready_s = median(_starts) if _starts else START_S * known.core_pace
    steps_s, compiling_each_s = _KINDS[data["kind"]](data, known)
    compile_s = [known.core_pace * each_s for each_s in compiling_each_s]
    together = tuple(map(sum, zip(steps_s, compile_s, strict=True)))
    return Promise(ready_s + LOAD_S * known.core_pace, together, sum(compile_s))


# -- what is learned on the spot -----------------------------------------------------------------------------

_starts: deque[float] = deque(maxlen=3)


def learn_start(took_s: float) -> None:
    """A worker of this process took so long until it was ready."""
    _starts.append(took_s)


@dataclass
class _Pace:
    """The pace of this core, as last measured."""

    value: float = 1.0
    at: float = -math.inf


_pace = _Pace()


def core_pace(*, ask: bool = True) -> float:
    """This core's pace, measured again after PACE_KEPT_S: the neighbours of a virtual machine come and go.

    With `ask` false the last one, for a time at which something else is measured.
    """
    if ask and time.monotonic() - _pace.at > PACE_KEPT_S:
        from accel_core.bench.pace import measure_pace

        _pace.value, _pace.at = measure_pace(), time.monotonic()
    return _pace.value


def simulator_s() -> float:
    """Seconds to compile the simulator of caches; 0 where its machine code is kept."""
    from accel_core.cache import simulate
    from accel_core.runner.compiling import compiling_s

    return sum(compiling_s([simulate])) * core_pace()


# -- kind by kind --------------------------------------------------------------------------------------------

_Parts = tuple[Sequence[float], Sequence[float]]
"""Seconds of each step without compiling, on this core; and of compiling for it, at the registry's pace."""


def _bench(data: Mapping[str, Any], known: Known) -> _Parts:
    cases = [Case.from_dict(case) for case in data["cases"]]
    free_bytes = available_memory_bytes()
    steps_s = [_case_s(case, data, known, free_bytes) for case in cases]
    return steps_s, _compiling_s([[case] for case in cases], known.experience)


def _case_s(case: Case, data: Mapping[str, Any], known: Known, free_bytes: int) -> float:
    """One case; nothing where it is refused, but for its time: then a smaller size is run."""
    from accel_core import registry

    limit_s, machine = data["limit_s"], known.machine
    too_long = registry.predicted_s(case) > limit_s
    if not too_long and registry.why_not(case, machine, limit_s, available_bytes=free_bytes):
        return 0.0
    return known.experience.case_s(case, data["budget_s"], data["limit_s"])


def _compare(data: Mapping[str, Any], known: Known) -> _Parts:
    pairs = [[Case.from_dict(case) for case in pair] for pair in data["pairs"]]
    steps_s = [known.experience.pair_s(pair, data["budget_s"], data["limit_s"]) for pair in pairs]
    return steps_s, _compiling_s(pairs, known.experience)


def _compiling_s(steps: Sequence[Sequence[Case]], experience: Experience) -> list[float]:
    """What the kernels of each step need compiled."""
    from accel_core.runner.compiling import compiling_s

    roots = [[_compiled(case.kernel) for case in step] for step in steps]
    cases = [case for step in steps for case in step if _compiled(case.kernel)]
    ran = [root for case in cases if experience.knows(case) and (root := _compiled(case.kernel))]
    each_s = iter(compiling_s([root for step in roots for root in step if root], {c.dtype for c in cases}, ran))
    return [sum(next(each_s) for root in step if root) for step in roots]


def _compiled(kernel: str) -> Callable[..., Any] | None:
    """The function of a compiled rung; None for another: compiled code that it reaches is for odd input."""
    from accel_core import registry

    rung = registry.kernel(kernel)[1]
    return rung.function if rung.family in ("compiled", "packed") else None


def _peaks(data: Mapping[str, Any], known: Known) -> _Parts:
    return [data["budget_s"]], [PROBES_S]


def _calibrate(data: Mapping[str, Any], known: Known) -> _Parts:
    from accel_core.backends.calibrating import expected_s
    from accel_core.backends.compiled import CompiledBackend
    from accel_core.runner.compiling import compiling_s

    took_s = expected_s(
        known.machine.cores.allowed,
        operations=data["operations"],
        dtypes=data["dtypes"],
        lengths=[tuple(one) for one in data["lengths"]] if data["lengths"] else None,
        budget_s=data["budget_s"],
        core_pace=known.core_pace,
        before=known.calibrations,
    )
    roots = [getattr(CompiledBackend, f"plain_{operation}") for operation in data["operations"]]
    return [took_s], [sum(compiling_s(roots, data["dtypes"]))]


def _simulate(data: Mapping[str, Any], known: Known) -> _Parts:
    from accel_core.cache import Traversal, simulate
    from accel_core.cache.effort import simulation_s
    from accel_core.runner.compiling import compiling_s

    flags = {"classify": data["classify"], "reuse": data["reuse"]}
    took_s = sum(simulation_s(Traversal.from_dict(one), **flags) for one in data["traversals"])
    return [took_s * known.core_pace], compiling_s([simulate])


_KINDS: Mapping[str, Callable[[Mapping[str, Any], Known], _Parts]] = {
    "bench": _bench,
    "compare": _compare,
    "peaks": _peaks,
    "calibrate": _calibrate,
    "simulate": _simulate,
}
