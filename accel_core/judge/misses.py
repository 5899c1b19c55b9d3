"""The judge of a misses event: an order of triples runs through the printed cache, and what misses is counted.

Nothing here has a clock that counts: the same file makes the same misses on every machine and in every run. So
the drawn sizes, which differ from one judging to the next, are checked and counted and not scored.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from accel_core.arena.drawing import SEED_BITS, drawn_shapes
from accel_core.arena.event import Event
from accel_core.arena.scoring import mean_score
from accel_core.bench.events import Emit, ignore, step_event
from accel_core.cache import CacheGeometry
from accel_core.cache.ordered import triples_of
from accel_core.judge.asked import Asked, Refused
from accel_core.judge.counting import baseline_traversal, counted, lower_bound
from accel_core.judge.ordering import ORDER_S, Order
from accel_core.judge.reading import digest, lines_of_code, read
from accel_core.machine import environment
from accel_core.model import Shape, SizeResult, Verdict
from accel_core.model.arena import ACCEPTED, QUARANTINED, REFUSED, STAGES
from accel_core.registry import workload

READ, COMPILE, EXAMPLE, TESTS, TIMES = STAGES
EXAMPLE_SHAPE = (2, 2, 2)
SMALL = ((1, 1, 1), (1, 7, 1), (3, 1, 2), (5, 4, 1), (3, 5, 17), (17, 2, 19))
ANYWHERE = ""
"""In place of the fingerprint of a machine: misses are the same on all."""
NOT_SCORED = "Drawn: checked and counted, but not scored, so that the score is the same in every judging."
EXACT = 9
"""Digits behind the point of a score: what mathematical libraries disagree on lies far behind them."""


def judge_misses(
    asked: Asked, emit: Emit = ignore, *, seed: int | None = None, order_s: float = ORDER_S
) -> Verdict:
    """The verdict on a submission to a misses event; emits a step for each size.

    `seed` draws the sizes that are not printed, else one that is drawn itself; `order_s` is what one order may
    take.
    """
    if seed is None and not asked.tried:
        seed = secrets.randbits(SEED_BITS)
    judging = _Judging(asked.event, emit, () if seed is None else drawn_shapes(asked.event, seed))
    verdict, reason, failing = ACCEPTED, "Each triple came once at every size.", {}
    try:
        text = read(asked.code)
        judging.stage = COMPILE
        with Order(text, walled=asked.walled, order_s=order_s) as order:
            judging.run(order)
    except Refused as refused:
        verdict, reason, failing = REFUSED, str(refused), dict(refused.failing)
    impossible = next((size for size in judging.sizes if size.score is not None and size.score > 1), None)
    if impossible is not None and verdict == ACCEPTED:
        verdict, reason = QUARANTINED, _impossible(impossible)
    scored = [size.score for size in judging.sizes if size.ranked and size.score is not None]
    return Verdict(
        event=asked.event.name,
        verdict=verdict,
        stage=judging.stage,
        reason=reason,
        score=round(mean_score(scored, asked.event.floor), EXACT) if verdict == ACCEPTED else None,
        score_low=None,
        score_high=None,
        sizes=tuple(judging.sizes),
        tried=asked.tried,
        seed=seed,
        null_s=None,
        walled=asked.walled,
        layers=asked.layers,
        facts={"lines": lines_of_code(asked.code)},
        failing=failing,
        disturbed=False,
        disturbed_reason="",
        code_digest=digest(asked.code),
        entry=asked.entry,
        fingerprint=ANYWHERE,
        environment=environment(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        id=uuid4().hex,
        confirms=asked.confirms,
    )


class _Judging:
    """How far one submission has come, and what was found."""

    def __init__(self, event: Event, emit: Emit, drawn: Sequence[Shape]) -> None:
        assert event.cache is not None
        printed = event.cache
        self.event, self.emit, self.drawn = event, emit, drawn
        self.cache = CacheGeometry(printed.size_bytes, printed.ways, printed.line_bytes)
        self.problem = workload(event.workload)
        self.stage = READ
        self.sizes: list[SizeResult] = []

    def run(self, order: Order) -> None:
        """Example, small shapes, printed sizes and drawn ones; Refused at the first fault."""
        for self.stage, shapes in ((EXAMPLE, (EXAMPLE_SHAPE,)), (TESTS, SMALL)):
            for small in shapes:
                counted(small, self.cache, self.event.dtype, order.pieces(small))
        self.stage = TIMES
        printed, every = len(self.event.shapes), (*self.event.shapes, *self.drawn)
        for done, (m, k, n) in enumerate(every):
            self.emit(step_event(f"counting misses, {m} x {k} x {n}", done, len(every), None))
            self._size((m, k, n), order, done >= printed)

    def _size(self, shape: tuple[int, int, int], order: Order, drawn: bool) -> None:
        event = self.event
        try:
            found = counted(shape, self.cache, event.dtype, order.pieces(shape))
        except Refused as refused:
            self.sizes.append(self._empty(shape, drawn, note=str(refused)))
            raise
        counts = found.counts
        of = {name: count.misses for name, count in counts.items()}
        for kind in ("compulsory", "capacity", "conflict"):
            of[kind] = sum(getattr(count, kind) or 0 for count in counts.values())
        least = lower_bound(shape, self.cache, event.dtype)
        self.sizes.append(
            self._empty(
                shape,
                drawn,
                note=NOT_SCORED if drawn else "",
                score=least / found.misses,
                misses=found.misses,
                misses_of=of,
                least_misses=least,
                baseline_misses={} if drawn else self._baselines(shape),
            )
        )

    def _baselines(self, shape: tuple[int, int, int]) -> dict[str, int]:
        found = {}
        for name in self.event.baselines:
            traversal = baseline_traversal(name, shape, self.event.dtype)
            if traversal is not None:
                pieces = triples_of(traversal)
                found[name] = counted(shape, self.cache, self.event.dtype, pieces).misses
        return found

    def _empty(self, shape: Shape, drawn: bool, **found: object) -> SizeResult:
        flop, least = self.problem.flop(shape), self.problem.least_bytes(shape, self.event.dtype)
        return SizeResult(shape, drawn, flop, least, ranked=not drawn, **found)  # type: ignore[arg-type]


def _impossible(size: SizeResult) -> str:
    shape = " x ".join(map(str, size.shape))
    return (
        f"Size {shape} made {size.misses:,} misses, and no order can make fewer than {size.least_misses:,}: "
        "either our bound or our simulator is wrong."
    )
