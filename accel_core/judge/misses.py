"""The judge of a misses event: an order of triples runs through the printed cache, and what misses is counted.

Nothing here has a clock that counts: the same file makes the same misses on every machine and in every run. So
the drawn sizes, which differ from one judging to the next, are checked and counted and not scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import uuid4

import numpy as np
from numpy.typing import NDArray

from accel_core.arena.event import Event
from accel_core.arena.scoring import mean_score
from accel_core.bench.events import Emit, ignore, step_event
from accel_core.cache import RUNG_ORDERS, CacheGeometry, Traversal
from accel_core.cache.forced import forced_misses
from accel_core.cache.ordered import OUT_OF_RANGE, OrderedProduct, triples_of
from accel_core.judge.asked import Refused
from accel_core.judge.ordering import ORDER_S, Order
from accel_core.judge.reading import digest, lines_of_code, read
from accel_core.machine import environment
from accel_core.model import ITEM_BYTES, Shape, SizeResult, Verdict
from accel_core.model.arena import ACCEPTED, QUARANTINED, REFUSED, STAGES
from accel_core.registry import kernel, workload
from accel_core.roofline.least_misses import least_misses

READ, COMPILE, EXAMPLE, TESTS, TIMES = STAGES
EXAMPLE_SHAPE = (2, 2, 2)
SMALL = ((1, 1, 1), (1, 7, 1), (3, 1, 2), (5, 4, 1), (3, 5, 17), (17, 2, 19))
ANYWHERE = ""
"""In place of the fingerprint of a machine: misses are the same on all."""
NOT_SCORED = "Drawn: checked and counted, but not scored, so that the score is the same in every judging."
EXACT = 9
"""Digits behind the point of a score: what mathematical libraries disagree on lies far behind them."""


def judge_misses(
    event: Event,
    code: str,
    *,
    tried: bool = False,
    entry: str = "",
    confirms: str = "",
    drawn: Sequence[Shape] = (),
    seed: int | None = None,
    walled: bool = True,
    layers: Sequence[str] = (),
    order_s: float = ORDER_S,
    emit: Emit = ignore,
) -> Verdict:
    """What becomes of `code` in a misses event. `drawn` are the sizes that `seed` drew; none where `tried`.

    `order_s` is what one order may take.
    """
    judging = _Judging(event, emit, len(event.shapes) + len(drawn))
    verdict, reason, failing = ACCEPTED, "", {}
    try:
        text = read(code)
        judging.reach(COMPILE)
        with Order(text, walled=walled, order_s=order_s) as order:
            judging.all(order, drawn)
    except Refused as refused:
        verdict, reason, failing = REFUSED, str(refused), dict(refused.failing)
    impossible = next((size for size in judging.sizes if size.score is not None and size.score > 1), None)
    if impossible is not None and verdict == ACCEPTED:
        verdict, reason = QUARANTINED, _impossible(impossible)
    scored = [size.score for size in judging.sizes if size.ranked and size.score is not None]
    return Verdict(
        event=event.name,
        verdict=verdict,
        stage=judging.stage,
        reason=reason or "Each triple came once at every size.",
        score=round(mean_score(scored, event.floor), EXACT) if verdict == ACCEPTED else None,
        score_low=None,
        score_high=None,
        sizes=tuple(judging.sizes),
        tried=tried,
        seed=seed if drawn else None,
        null_s=None,
        walled=walled,
        layers=tuple(layers),
        facts={"lines": lines_of_code(code)},
        failing=failing,
        disturbed=False,
        disturbed_reason="",
        code_digest=digest(code),
        entry=entry,
        fingerprint=ANYWHERE,
        environment=environment(),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        id=uuid4().hex,
        confirms=confirms,
    )


def counted(
    shape: tuple[int, int, int], cache: CacheGeometry, dtype: str, pieces: Iterable[NDArray[np.int32]]
) -> OrderedProduct:
    """The product of `shape` after all `pieces`; Refused where a triple is wrong, comes twice or never."""
    product = OrderedProduct(shape, cache, dtype)
    name = f"order{shape}"
    expected = f"each of {product.total:,} triples once"
    for piece in pieces:
        fault = product.take(piece)
        if fault is not None:
            wrong = _out_of_range(shape, fault.triple) if fault.what == OUT_OF_RANGE else "which came before"
            reason = f"Triple {fault.number + 1:,} of {name} is {fault.triple}, {wrong}."
            got = f"{fault.triple} after {fault.number:,} triples"
            raise Refused(reason, _failing(shape, expected, got))
    missing = product.missing
    if missing is not None:
        reason = f"{name} ends after {product.taken:,} of {product.total:,} triples: {missing} never came."
        raise Refused(reason, _failing(shape, expected, f"{product.taken:,} triples, without {missing}"))
    return product


def lower_bound(shape: tuple[int, int, int], cache: CacheGeometry, dtype: str) -> int:
    """Misses that no order undercuts: the larger of what the cache's size and what its sets force."""
    of_size = least_misses(shape, cache.size_bytes, cache.line_bytes, ITEM_BYTES[dtype])
    return max(of_size, forced_misses(shape, cache, dtype))


def baseline_traversal(name: str, shape: tuple[int, int, int], dtype: str) -> Traversal | None:
    """The loops of a rung as an order of single triples; None for one that is no nest of three loops or six."""
    order = RUNG_ORDERS.get(name, "")
    if len(order) != 3:
        return None
    block = kernel(name)[1].defaults.get("block")
    return Traversal(shape, order, None if block is None else (int(block),) * 3, dtype=dtype)


class _Judging:
    """How far one submission has come, and what was found."""

    def __init__(self, event: Event, emit: Emit, total: int) -> None:
        assert event.cache is not None
        printed = event.cache
        self.event, self.emit, self.total = event, emit, total
        self.cache = CacheGeometry(printed.size_bytes, printed.ways, printed.line_bytes)
        self.problem = workload(event.workload)
        self.stage = READ
        self.sizes: list[SizeResult] = []

    def reach(self, stage: str) -> None:
        """The stage that begins."""
        self.stage = stage

    def all(self, order: Order, drawn: Sequence[Shape]) -> None:
        """Example, small shapes, printed sizes and those that were `drawn`; Refused at the first fault."""
        for stage, shapes in ((EXAMPLE, (EXAMPLE_SHAPE,)), (TESTS, SMALL)):
            self.reach(stage)
            for small in shapes:
                counted(small, self.cache, self.event.dtype, order.pieces(small))
        self.reach(TIMES)
        for done, shape in enumerate((*self.event.shapes, *drawn)):
            text = " x ".join(map(str, shape))
            self.emit(step_event(f"counting misses, {text}", done, self.total, None))
            m, k, n = shape
            self._size((m, k, n), order, done >= len(self.event.shapes))

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


def _out_of_range(shape: tuple[int, int, int], triple: tuple[int, int, int]) -> str:
    m, k, n = shape
    limits = zip("ijp", triple, (m, n, k), strict=True)
    name, most = next((name, most) for name, at, most in limits if not 0 <= at < most)
    return f"and {name} goes from 0 to {most - 1}"


def _failing(shape: tuple[int, int, int], expected: str, got: str) -> dict[str, str]:
    return {"shape": " x ".join(map(str, shape)), "input": f"order{shape}", "expected": expected, "got": got}


def _impossible(size: SizeResult) -> str:
    shape = " x ".join(map(str, size.shape))
    return (
        f"Size {shape} made {size.misses:,} misses, and no order can make fewer than {size.least_misses:,}: "
        "either our bound or our simulator is wrong."
    )
