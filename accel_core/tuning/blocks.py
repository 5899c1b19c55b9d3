"""The blocks of the packed product, and up to which size nothing is packed: one thread, one dtype at a time.

What is tried lies around the block sizes of `blocking`, in the shares of L1 and L2 that Low, Igual, Smith and
Quintana-Ortí weigh against each other ("Analytical Modeling Is Enough for High-Performance BLIS", ACM TOMS
43(2), 2016).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from accel_core.bench.clocks import Clocks
from accel_core.bench.events import Emit, ignore, result_event, step_event, warning_event
from accel_core.bench.sampling import Call, no_garbage_collection
from accel_core.bench.threads import limit, require_processors
from accel_core.errors import StoreUnavailable, WrongResult
from accel_core.kernels.matmul.blocking import L2, TYPICAL_BYTES, Blocking, blocking
from accel_core.kernels.matmul.micro_kernel import TILES
from accel_core.kernels.matmul.packed import packed, packed_b_only, product
from accel_core.kernels.matmul.plan import Plan, detected_bytes, from_caches, of_tuning
from accel_core.kernels.matmul.register import vector_tile
from accel_core.kernels.tuned import find, keep
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import environment, refuse_to_measure
from accel_core.model import DTYPES, ITEM_BYTES, Estimate, Machine
from accel_core.model.limits import TUNING_S
from accel_core.model.tuning import Tuning
from accel_core.operations import OPERATIONS
from accel_core.stats import LEAST_SAMPLES, ratio_interval
from accel_core.tuning.racing import race, turns
from accel_core.tuning.vectors import best_width

RACED = (256, 512, 768)
"""Sides of the square matrices on which blocks race for the final: the longest for which there is time."""
FINAL = (1024, 1536)
"""Sides of those of the final: what is best for one may fall behind with more blocks."""
TALL = 4
"""Rows of a on which mc is tried, in sides."""
DEPTHS = (1 / 2, 1, 2)
"""Of the kc that follows from the caches for a tile."""
L2_SHARES = (1 / 8, 1 / 4, 1 / 2)
"""Of L2 that the packed block of b fills."""
HEIGHTS = (256, 512, 1024, 2048, 4096)
"""The mc that are tried beside that from the caches."""
SIDES = (48, 64, 96, 128, 192, 256, 320, 384, 448, 512, 640, 768)
"""At which packing is tried against not packing."""
CHECKED = (256, 512, 1024)
"""At which the outcome is held beside the block sizes from the caches."""
LONG_RACE = 5
"""Calls of each in a race until the last ones are left, on average: checked and looked at, two rounds, then of
halves."""
YARDSTICK = 256
PARTS = {
    "blocks": 0.5,
    "rows of a block of a": 0.05,
    "when packing pays": 0.15,
    "beside the sizes from the caches": 0.2,
    "width of vectors": 0.1,
}
"""What is measured for a dtype, and its share of the time."""
WEIGHTS = {"float32": 1.0, "float64": 2.0}
"""A vector holds half as many numbers of 8 bytes, so the same products take twice as long."""
Array = NDArray[Any]
WAYS: tuple[Callable[[Array, Array, Array, Blocking], Any], ...] = (
    lambda a, b, c, blocks: vector_tile(a, b, c),
    packed_b_only,
    packed,
)
"""Nothing packed, only b, both: each is the best up to some size."""


def tune(
    machine: Machine,
    *,
    dtypes: Sequence[str] = DTYPES,
    budget_s: float = TUNING_S,
    emit: Emit = ignore,
    clocks: Clocks | None = None,
) -> list[Tuning]:
    """The fastest plan of each dtype, measured in about `budget_s` seconds, kept on file and emitted.

    Compiling comes on top. Raises WrongResult where a product is wrong: then nothing is timed.
    """
    refuse_to_measure(machine)
    clocks, found = clocks or Clocks(), []
    weight = sum(WEIGHTS[dtype] for dtype in dtypes)
    with limit(1), no_garbage_collection():
        require_processors(1)
        for number, dtype in enumerate(dtypes):
            share_s = budget_s * WEIGHTS[dtype] / weight
            tuning = _Tuner(dtype, machine, share_s, emit, clocks).run(number, dtypes)
            try:
                keep(tuning)
            except StoreUnavailable as error:
                emit(warning_event(str(error)))
            emit(result_event(tuning))
            found.append(tuning)
    return found


class _Tuner:
    """One dtype."""

    def __init__(self, dtype: str, machine: Machine, budget_s: float, emit: Emit, clocks: Clocks) -> None:
        self.dtype, self.machine, self.budget_s = dtype, machine, budget_s
        self.emit, self.clocks = emit, clocks
        self.item = ITEM_BYTES[dtype]
        self.cache_bytes = detected_bytes(machine)
        self.derived = from_caches(dtype, self.cache_bytes)

    def run(self, number: int, dtypes: Sequence[str]) -> Tuning:
        """The tuning; progress is told as that of part `number` of `dtypes`."""
        start_s, left_s = self.clocks.wall(), sum(WEIGHTS[d] for d in dtypes[number + 1 :])
        total, done = len(PARTS) * len(dtypes), len(PARTS) * number
        share = iter(PARTS.items())
        plan = self.derived

        def begin() -> float:
            nonlocal done
            name, part = next(share)
            spent_s = self.clocks.wall() - start_s
            rest_s = max(self.budget_s - spent_s, 0.0) + left_s * self.budget_s / WEIGHTS[self.dtype]
            self.emit(step_event(f"{self.dtype}: {name}", done, total, rest_s))
            done += 1
            return part * self.budget_s

        plan = replace(plan, blocks=self.best_blocks(begin()))
        plan = replace(plan, blocks=self.best_height(plan.blocks, begin()))
        plan = self.when_to_pack(plan, begin())
        gains = self.gains(plan, begin())
        if not beats(gains.values()):
            plan, gains = self.derived, {}
        bits, width_gains = best_width(self.dtype, self.cache_bytes, begin(), self.clocks)
        blocks = plan.blocks
        return Tuning(
            self.dtype, blocks.mr, blocks.mc, blocks.kc, blocks.nc, plan.unpacked_bytes, plan.unpacked_a_bytes,
            {str(side): gain for side, gain in gains.items()}, self.machine.fingerprint, environment(),
            datetime.now(UTC).isoformat(timespec="microseconds"), self.clocks.wall() - start_s, bits,
            {str(bits): gain for bits, gain in width_gains.items()},
        )  # fmt: skip

    # -- what is tried ---------------------------------------------------------------------------------------

    def best_blocks(self, budget_s: float) -> Blocking:
        """Tile, kc and nc: of finalists and derived ones the fastest by the mean logarithm over FINAL."""
        every = list(self.candidates())
        side = max(self.affordable(RACED, budget_s / 2 / (LONG_RACE * len(every))), default=RACED[0])
        problem = _Problem(side, side, side, self.dtype)
        tried = first_of_each(every, problem.shape)
        best = race({b: problem.call(packed, b) for b in tried}, 0.0, self.clocks)
        known = [plan.blocks] if (plan := self.kept()) else []
        logs = dict.fromkeys([*best, *known, self.derived.blocks], 0.0)
        for side in self.affordable(FINAL, budget_s / 2 / (LEAST_SAMPLES * len(logs))):
            problem = _Problem(side, side, side, self.dtype)
            calls = {blocks: problem.call(packed, blocks) for blocks in logs}
            samples = turns(calls, 0.0, self.clocks, LEAST_SAMPLES)
            logs = {blocks: total + math.log(median(samples[blocks])) for blocks, total in logs.items()}
        return min(logs, key=lambda blocks: logs[blocks])  # the fastest of the race where there was no time

    def affordable(self, sides: Sequence[int], most_s: float) -> list[int]:
        """Those of `sides` whose product takes at most `most_s` seconds with the derived blocks."""
        return [side for side in sides if self.call_s * (side / YARDSTICK) ** 3 <= most_s]

    @cached_property
    def call_s(self) -> float:
        """Seconds of a product of YARDSTICK with the derived blocks."""
        call = _Problem(YARDSTICK, YARDSTICK, YARDSTICK, self.dtype).call(packed, self.derived.blocks)
        return min(turns({0: call}, 0.0, self.clocks)[0])

    def kept(self) -> Plan | None:
        """What an earlier tuning found."""
        tuning = find(self.dtype, self.machine, environment())
        return of_tuning(tuning) if tuning else None

    def candidates(self) -> Iterable[Blocking]:
        """The derived blocks, and what lies around them for each tile."""
        l2 = self.cache_bytes.get(L2, TYPICAL_BYTES[L2])
        yield self.derived.blocks
        for tile, depth, share in itertools.product(TILES, DEPTHS, L2_SHARES):
            usual = blocking(self.dtype, self.cache_bytes, tile)
            kc = max(int(usual.kc * depth) // 8 * 8, 8)
            nc = int(l2 * share / (kc * self.item)) // usual.nr * usual.nr
            yield usual.given(kc=kc, nc=max(nc, usual.nr), mc=self.derived.blocks.mc)

    def best_height(self, blocks: Blocking, budget_s: float) -> Blocking:
        """mc: the higher a block of a, the less often b is packed."""
        every = [blocks, *(blocks.given(mc=mc) for mc in HEIGHTS)]
        side = max(self.affordable(RACED, budget_s / (LONG_RACE * len(every))), default=RACED[0])
        problem = _Problem(TALL * side, blocks.kc, side, self.dtype)
        tried = first_of_each(every, problem.shape)
        return race({b: problem.call(packed, b) for b in tried}, budget_s, self.clocks)[0]

    def when_to_pack(self, plan: Plan, budget_s: float) -> Plan:
        """Up to which bytes nothing, and only b, is packed: where the times of all sizes add up to least."""
        times_s = []
        sides = self.affordable(SIDES, budget_s / (2 * LEAST_SAMPLES * len(WAYS))) or SIDES[:1]
        for side in sides:
            problem = _Problem(side, side, side, self.dtype)
            calls = {way: problem.call(WAYS[way], plan.blocks) for way in range(len(WAYS))}
            samples = turns(calls, budget_s / len(sides), self.clocks)
            times_s.append([median(samples[way]) for way in calls])
        nothing, only_b = thresholds(times_s)
        sizes = [0, *(side * side * self.item for side in sides)]
        return replace(plan, unpacked_bytes=sizes[nothing], unpacked_a_bytes=sizes[only_b])

    def gains(self, plan: Plan, budget_s: float) -> dict[int, Estimate]:
        """Side -> time by the plan from the caches / time by `plan`, in turns."""
        gains = {}
        for side in self.affordable(CHECKED, budget_s / (len(CHECKED) * 2 * LEAST_SAMPLES)) or CHECKED[:1]:
            problem = _Problem(side, side, side, self.dtype)
            calls = {which: problem.call(product, which) for which in (plan, self.derived)}
            if len(calls) == 1:  # the plan from the caches itself
                return {}
            samples = turns(calls, budget_s / len(CHECKED), self.clocks, LEAST_SAMPLES)
            gains[side] = ratio_interval(list(zip(samples[plan], samples[self.derived], strict=True)))
        return gains


class _Problem:
    """Matrices of one shape, and calls whose results have been checked."""

    def __init__(self, m: int, k: int, n: int, dtype: str) -> None:
        random = np.random.default_rng()
        self.shape = m, k, n
        self.a, self.b = (random.uniform(0.5, 3.0, shape).astype(dtype) for shape in ((m, k), (k, n)))
        self.c = np.empty((m, n), dtype)
        self.exact = self.a.astype(np.float64) @ self.b.astype(np.float64)

    def call(self, way: Callable[[Array, Array, Array, Any], Any], how: Any) -> Call:
        """`way` with `how`, after one call whose result was right; WrongResult where it was not."""
        self.c[...] = np.nan
        call = partial(way, self.a, self.b, self.c, how)
        call()
        error = max_relative_error(self.c, self.exact)
        if not error <= OPERATIONS["matmul"].tolerance((1, *self.shape), self.c.dtype.name):
            m, k, n = self.shape
            raise WrongResult(f"The packed product of {m} x {k} and {k} x {n} is wrong by {error:.1e}: {how}.")
        return call


def first_of_each(every: Iterable[Blocking], shape: tuple[int, int, int]) -> list[Blocking]:
    """`every` without those that run on `shape` as one before them does."""
    found: dict[Blocking, Blocking] = {}
    for blocks in every:
        found.setdefault(blocks.cut(*shape), blocks)
    return list(found.values())


def beats(gains: Collection[Estimate]) -> bool:
    """Whether what was tuned is faster than what was derived: on the median, and nowhere surely slower."""
    lost = any(gain.high is not None and gain.high < 1 for gain in gains)
    return bool(gains) and not lost and median(gain.median for gain in gains) > 1


def thresholds(times_s: Sequence[Sequence[float]]) -> tuple[int, int]:
    """(first, second): the first way up to so many sizes, the second up to so many, the third from there on.

    `times_s` are the seconds of the three ways, a row a size, rising. Those thresholds for which the logarithms
    add up to least, so that each size counts alike.
    """
    logs = np.log(np.asarray(times_s, dtype=np.float64))
    before = np.vstack([np.zeros(logs.shape[1]), np.cumsum(logs, axis=0)])
    pairs = [(i, j) for j in range(len(before)) for i in range(j + 1)]

    def cost(at: tuple[int, int]) -> float:
        first, second = at
        middle = before[second, 1] - before[first, 1]
        return float(before[first, 0] + middle + before[-1, 2] - before[second, 2])

    return min(pairs, key=cost)
