"""How long a case will take here, before it runs: by this machine's records, else by the registry and its pace.

A case is what stands around its samples (inputs, float64 reference, checks, the checked call, the pass that
looks at the memory), and its samples. Compiling comes on top, once: `runner.promise` adds it.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from statistics import median

from accel_core import registry
from accel_core.bench.memory import is_seen
from accel_core.bench.sampling import LEAST_SAMPLE_S, LEAST_SHARE, MOST_SAMPLES
from accel_core.bench.smaller import stand_in
from accel_core.model import Case, Measurement, Shape, Workload, chosen
from accel_core.model.pace import USUAL, Pace
from accel_core.stats import LEAST_SAMPLES

NEWEST = 3
"""Records of one case that are asked; their median is less moved by a disturbed one than the newest is."""
RECENT = 20
"""Records of any case that tell how quiet the machine is."""
TRACED = 8
"""How many times as long an interpreted call takes while its memory is traced: 5 to 20, as it allocates."""
CASE_S = 0.04
"""Of any case, however small, where no record tells: collecting garbage thrice, and the awkward shapes (at the
registry's pace)."""
HANDLED_S_PER_BYTE = 1.2e-9
"""For each byte of the arrays in float64: random numbers, the reference, the comparison."""


_Key = tuple[str, Shape, str, int, tuple[tuple[str, int], ...]]
"""Kernel, shape, dtype, threads and parameters: what makes two cases one."""


class Experience:
    """What this machine's records say of how long things take; none of them, and it is the registry's word.

    `measurements` come newest first. `core_pace` is for what has no record.
    """

    def __init__(
        self,
        measurements: Iterable[Measurement] = (),
        core_pace: Pace = USUAL,
    ) -> None:
        self.core_pace = core_pace
        self._of_case: dict[_Key, list[Measurement]] = defaultdict(list)
        self._of_kernel: dict[str, list[Measurement]] = {name: [] for name in registry.kernel_ids()}
        self._of_workload: dict[str, list[Measurement]] = {one.name: [] for one in registry.WORKLOADS}
        self._recent: list[Measurement] = []
        fixed_s = math.inf
        for measurement in measurements:
            if measurement.kernel in self._of_kernel:
                self._of_case[_key(case_of(measurement))].append(measurement)
                self._of_kernel[measurement.kernel].append(measurement)
                self._of_workload[measurement.workload].append(measurement)
                if len(self._recent) < RECENT and measurement.time_s.low is not None:
                    self._recent.append(measurement)
                if measurement.time_s.n > 1 and (left_s := _left_s(measurement) or 0.0) > 0:
                    fixed_s = min(fixed_s, left_s)
        self._fixed_s = fixed_s if math.isfinite(fixed_s) else CASE_S * core_pace.interpreted
        self._paces: dict[bool, float] = {}

    # -- one call -------------------------------------------------------------------------------------------

    def call_s(self, case: Case) -> float:
        """One call of a valid case: as measured, else as the nearest of the same kernel, else as predicted."""
        if same := self._same(case):
            return median(m.time_s.median for m in same)
        waits_s = self._pace(interpreted=True) * registry.interpreter_s(case)
        if (near := self._near(case)) is not None:
            other = case_of(near)
            near_s = near.time_s.median - self._pace(interpreted=True) * registry.interpreter_s(other)
            return max(near_s, 0.0) * _working_s(case) / _working_s(other) + waits_s
        return _working_s(case) * self._pace(_is_interpreted(case.kernel)) + waits_s

    def knows(self, case: Case) -> bool:
        """Whether there is a record of the case itself."""
        return bool(self._same(case))

    def _pace(self, interpreted: bool) -> float:
        """How many times as long as predicted the rungs of this kind take here."""
        if interpreted not in self._paces:
            ratios = [
                records[0].time_s.median / registry.predicted_s(case_of(records[0]))
                for name, records in self._of_kernel.items()
                if records and _is_interpreted(name) == interpreted
            ]
            kind = self.core_pace.interpreted if interpreted else self.core_pace.compiled
            self._paces[interpreted] = median(ratios) if ratios else kind
        return self._paces[interpreted]

    def _same(self, case: Case) -> list[Measurement]:
        """The newest records of the case itself."""
        return self._of_case.get(_key(case), [])[:NEWEST]

    def _near(self, case: Case) -> Measurement | None:
        """The newest record of the same kernel and dtype whose work is nearest."""
        flop = registry.kernel(case.kernel)[0].flop(_key(case)[1])
        alike = [m for m in self._of_kernel[case.kernel] if m.dtype == case.dtype]
        return min(alike, key=lambda m: _apart(m.flop, flop) + abs(m.threads - case.threads), default=None)

    # -- its samples ----------------------------------------------------------------------------------------

    def sampling_s(self, case: Case, budget_s: float) -> float:
        """LEAST_SHARE of `budget_s` and of the rest what records used, and half a call begun before the end."""
        call_s = self.call_s(case)
        if call_s >= budget_s:
            return call_s
        share = LEAST_SHARE + (1 - LEAST_SHARE) * self._to_the_end(case)
        most_s = MOST_SAMPLES * max(call_s, LEAST_SAMPLE_S)
        return min(max(share * budget_s, LEAST_SAMPLES * call_s), budget_s, most_s) + call_s / 2

    def _to_the_end(self, case: Case) -> float:
        """The share of measurements whose samples scattered, or met somebody else, till the budget was over."""
        sampled = (m for m in (*self._same(case), *self._recent) if m.time_s.low is not None)
        asked = [m.stopped == "budget" for m in sampled if m.stopped != "turns"]
        return sum(asked) / len(asked) if asked else 0.5

    # -- what stands around them ----------------------------------------------------------------------------

    def around_s(self, case: Case, budget_s: float) -> float:
        """Everything but samples and compiling."""
        call_s = self.call_s(case)
        checked_s = call_s if call_s < budget_s else 0.0  # else the checked call is the one sample
        if same := [left for m in self._same(case) if (left := _left_s(m)) is not None]:
            return max(median(same), 0.0) + checked_s
        kernel = registry.kernel(case.kernel)[1]
        traced_s = call_s * (TRACED if _is_interpreted(case.kernel) else 1) if is_seen(kernel, call_s) else 0.0
        return self._fixed_s + self._posing_s(case) + checked_s + traced_s

    def _posing_s(self, case: Case) -> float:
        """Inputs, reference and checks: as another rung at this shape, or the nearest, needed for them."""
        workload = registry.kernel(case.kernel)[0]
        size_bytes = _float64_bytes(workload, _key(case)[1])
        seen: dict[int, float] = {}  # bytes -> the least that any rung needed
        for measurement in self._of_workload[workload.name]:
            left_s = _left_s(measurement)
            if left_s is not None and not _is_interpreted(measurement.kernel):
                other_bytes = _float64_bytes(workload, measurement.shape)
                posing_s = max(left_s - self._fixed_s, 0.0)
                seen[other_bytes] = min(seen.get(other_bytes, math.inf), posing_s)
        if seen:
            nearest = min(seen, key=lambda other: _apart(other, size_bytes))
            return seen[nearest] * size_bytes / nearest
        reference_s = max(
            (
                registry.predicted_s(replace(case, kernel=k.id, parameters={}))
                for k in workload.kernels
                if k.family in ("numpy", "library") and not k.parameters
            ),
            default=0.0,
        )
        return self.core_pace.compiled * (HANDLED_S_PER_BYTE * size_bytes + reference_s)

    # -- all of it ------------------------------------------------------------------------------------------

    def case_s(self, case: Case, budget_s: float, limit_s: float) -> float:
        """What a valid case takes without compiling; one refused for its time, what its stand-in takes."""
        if registry.predicted_s(case) > limit_s:
            smaller = stand_in(case, budget_s)
            return 0.0 if smaller is None else self.case_s(smaller, budget_s, math.inf)
        return self.around_s(case, budget_s) + self.sampling_s(case, budget_s)

    def pair_s(self, pair: Sequence[Case], budget_s: float, limit_s: float) -> float:
        """What a comparison takes: both cases on the same inputs, and their turns within twice the budget."""
        if any(registry.predicted_s(case) > limit_s for case in pair):
            return 0.0
        around_s = max(sum(self.around_s(case, budget_s) for case in pair) - self._posing_s(pair[0]), 0.0)
        if pair[0].threads > 1:  # each turn waits for the threads of the one before: the budget is used up
            return around_s + 2 * budget_s
        return around_s + sum(self.sampling_s(case, budget_s) for case in pair)


def case_of(measurement: Measurement) -> Case:
    """The case that a record answers."""
    return Case(
        measurement.kernel,
        measurement.size,
        measurement.dtype,
        measurement.threads,
        measurement.parameters,
        tuple(measurement.shape),
    )


def _key(case: Case) -> _Key:
    shape = case.shape or registry.kernel(case.kernel)[0].shape(case.size)
    return case.kernel, tuple(shape), case.dtype, case.threads, tuple(sorted(chosen(case.parameters).items()))


def _working_s(case: Case) -> float:
    return registry.predicted_s(case) - registry.interpreter_s(case)


def _is_interpreted(kernel: str) -> bool:
    return registry.kernel(kernel)[1].family == "interpreted"


def _float64_bytes(workload: Workload, shape: Sequence[int]) -> int:
    return workload.least_bytes(tuple(shape), "float64")


def _apart(one: float, other: float) -> float:
    """How far apart two sizes are: the logarithm of their ratio."""
    return abs(math.log(max(one, 1) / max(other, 1)))


def _left_s(measurement: Measurement) -> float | None:
    """What a record says of all but compiling, samples and the checked call; None where it does not say."""
    if measurement.took_s is None:
        return None
    checked_s = 0.0 if measurement.time_s.n == 1 else measurement.time_s.median
    return measurement.took_s - measurement.compile_s - measurement.wall_s - checked_s
