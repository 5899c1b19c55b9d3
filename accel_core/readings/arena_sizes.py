"""What a verdict holds of each size: its table, its points under the roof, and how they make the score."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from accel_core.arena.event import Event
from accel_core.arena.scoring import anchors
from accel_core.arena.scoring import points_of as points_of_score
from accel_core.model.arena import SizeResult, Verdict
from accel_core.readings.arena_board import ROOF, score_text
from accel_core.readings.arena_text import plain
from accel_core.readings.arena_verdict import interval_name
from accel_core.readings.estimates import ends_text, time_text
from accel_core.readings.ratios import share_text
from accel_core.units import format_bytes, format_number, format_rate, format_time

SCORE_SAID = (
    "100 times the geometric mean, over all sizes, of the time that the roof allows over your median time"
)


def shape_text(shape: Sequence[int]) -> str:
    """ "512×512×512", "1,000,000"."""
    return "×".join(f"{length:,}" if length >= 10_000 else str(length) for length in shape)


def has_misses(verdict: Verdict) -> bool:
    """Whether misses were counted in it, and no time was taken."""
    return any(size.misses is not None for size in verdict.sizes)


# -- the table -----------------------------------------------------------------------------------------------


def size_rows(verdict: Verdict) -> list[dict[str, Any]]:
    """A row a size, of a clock or of a cache; without columns in which no size has anything."""
    timed = partial(_time_row, interval=interval_name(verdict))
    rows = [(_misses_row if has_misses(verdict) else timed)(size) for size in verdict.sizes]
    filled = {name for one in rows for name, said in one.items() if said not in ("", None)}
    return [{name: said for name, said in one.items() if name in filled} for one in rows]


def _time_row(size: SizeResult, interval: str) -> dict[str, Any]:
    rate = size.flop / size.time_s.median if size.time_s and size.time_s.median > 0 else None
    return {
        "Size": shape_text(size.shape),
        "Drawn": "yes" if size.drawn else "no",
        "Time (ms)": _short(size.time_s.median * 1e3) if size.time_s else None,
        interval: ends_text(size.time_s.low, size.time_s.high, format_time) if size.time_s else "",
        "GFLOP/s": None if rate is None else _short(rate / 1e9),
        "Roof allows (ms)": None if size.roof_s is None else _short(size.roof_s * 1e3),
        "Share of roof": None if size.score is None else _short(size.score),
        "FLOP/byte": _short(size.flop / size.least_bytes, 4),
        "Bound by": _bound(size),
        "Largest error": None if size.max_error is None else _short(size.max_error, 2),
        "Note": _note(size),
    }


def _misses_row(size: SizeResult) -> dict[str, Any]:
    return {
        "Size": shape_text(size.shape),
        "Drawn": "yes" if size.drawn else "no",
        "Misses": size.misses,
        "No order has fewer": size.least_misses,
        "Share of bound": None if size.score is None else _short(size.score),
        **{f"Misses {kind}": count for kind, count in size.misses_of.items()},
        **{f"Order of {name.partition('/')[2]}": count for name, count in size.baseline_misses.items()},
        "Note": _note(size),
    }


def _short(value: float, digits: int = 3) -> float:
    return float(format_number(value, digits))


def _bound(size: SizeResult) -> str:
    return f"memory ({size.level})" if size.bound_by == "memory" and size.level else size.bound_by


def _note(size: SizeResult) -> str:
    unranked = "" if size.ranked else "not ranked"
    return ": ".join(text for text in (unranked, plain(size.note, keep="")) if text)


def facts_of(verdict: Verdict) -> dict[str, str]:
    """Of the code and its judging, name by name: threads, lines, widest vector, an empty call."""
    facts: Mapping[str, Any] = verdict.facts
    told = {
        "Threads": _whole(facts.get("threads")),
        "Lines of code": _whole(facts.get("lines")),
        "Widest vector": _vector(facts.get("vector_bits", "")),
        "Empty call": "" if verdict.null_s is None else format_time(verdict.null_s),
    }
    return {name: value for name, value in told.items() if value}


def _vector(bits: object) -> str:
    return "none" if bits is None else f"{told} bit" if (told := _whole(bits)) else ""


def _whole(value: object) -> str:
    """A whole number; empty for anything else: what a record says is not taken on trust."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


# -- the points ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Point:
    """A size under its roof."""

    name: str
    intensity: float
    """FLOP / least bytes."""
    flop_per_s: float
    low: float
    high: float
    roof_flop_per_s: float
    """What the roofs allow it."""
    bound_by: str
    level: str
    drawn: bool
    said: str

    @property
    def share(self) -> float:
        """Of what the roofs allow."""
        return self.flop_per_s / self.roof_flop_per_s


def points_of(verdict: Verdict) -> tuple[Point, ...]:
    """The sizes that were timed and have a roof."""
    return tuple(
        _point(size, size.time_s.median, size.roof_s)
        for size in verdict.sizes
        if size.time_s and size.roof_s and size.time_s.median > 0 and size.flop and size.least_bytes
    )


def _point(size: SizeResult, median_s: float, roof_s: float) -> Point:
    assert size.time_s is not None
    roof, rate = size.flop / roof_s, size.flop / median_s
    low = size.flop / size.time_s.high if size.time_s.high else rate
    high = size.flop / size.time_s.low if size.time_s.low else rate
    said = (
        f"{shape_text(size.shape)}{', drawn' if size.drawn else ''}: {format_rate(rate, 'FLOP/s')}, "
        f"{time_text(size.time_s)}, {share_text(rate / roof)} of the {format_rate(roof, 'FLOP/s')} that "
        f"{_bound(size) or 'the roof'} allows"
    )
    intensity = size.flop / size.least_bytes
    return Point(
        shape_text(size.shape), intensity, rate, low, high, roof, size.bound_by, size.level, size.drawn, said
    )


def slopes_of(points: Sequence[Point]) -> dict[str, float]:
    """By memory level, the bandwidth (byte/s) that the points are held against."""
    bound = [point for point in points if point.bound_by == "memory"]
    return {point.level: point.roof_flop_per_s / point.intensity for point in bound}


def peak_of(points: Sequence[Point]) -> float | None:
    """The flat roof (FLOP/s) that points are held against; None where memory bounds all of them."""
    return max((point.roof_flop_per_s for point in points if point.bound_by == "compute"), default=None)


def points_alt(points: Sequence[Point]) -> str:
    """Every point with its share of the roof."""
    if not points:
        return "No size was timed: there is no point under the roof yet."
    return f"Speed under the roof, a dot a size: {'; '.join(point.said for point in points)}."


def points_reading(points: Sequence[Point]) -> str:
    """The sizes nearest to the roof and farthest from it, and what bounds them."""
    if not points:
        return ""
    best, worst = max(points, key=lambda p: p.share), min(points, key=lambda p: p.share)
    said = f"{best.name} reaches **{share_text(best.share)}** of its roof"
    if best is worst:
        return f"{said}."
    bound = sum(point.bound_by == "memory" for point in points)
    counted = f"{bound} of {len(points)} sizes are bound by memory" if bound else "Computing bounds all sizes"
    return f"{said}, {worst.name} only **{share_text(worst.share)}**. {counted}."


# -- the score -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Why:
    """A score as the product that it is."""

    names: tuple[str, ...]
    shares: tuple[float, ...]
    """Of the ranked sizes, floored."""
    floored: int
    """How many were below the floor."""

    @property
    def score(self) -> float:
        """100 times their geometric mean."""
        return ROOF * math.exp(sum(map(math.log, self.shares)) / len(self.shares))

    @property
    def worst(self) -> int:
        """Which of them is least."""
        return min(range(len(self.shares)), key=self.shares.__getitem__)

    def without_worst(self) -> float:
        """The score if the least of them were like the mean of the others."""
        others = [share for at, share in enumerate(self.shares) if at != self.worst]
        return ROOF * math.exp(sum(map(math.log, others)) / len(others))


def why(verdict: Verdict, floor: float) -> Why | None:
    """What the score is made of; None where there is none."""
    ranked = [(size.shape, size.score) for size in verdict.sizes if size.ranked and size.score is not None]
    if verdict.score is None or not ranked:
        return None
    shares = [score for _, score in ranked]
    floored = tuple(max(share, floor) for share in shares)
    return Why(tuple(shape_text(shape) for shape, _ in ranked), floored, sum(s < floor for s in shares))


def why_formula(verdict: Verdict) -> str:
    """The definition of the score, in TeX."""
    top, below = ("bound", "misses") if has_misses(verdict) else ("time that the roof allows", "median time")
    share = rf"\frac{{\text{{{top}}}_i}}{{\text{{{below}}}_i}}"
    return rf"\text{{score}} = 100\left(\prod_{{i=1}}^{{n}} {share}\right)^{{1/n}}"


def why_numbers(found: Why) -> str:
    """ "100 × (0.71 × 0.69 × 0.42)^(1/3) = 59.1"."""
    product = " × ".join(format_number(share) for share in found.shares)
    return f"{ROOF:.0f} × ({product})^(1/{len(found.shares)}) = {score_text(found.score)}"


def why_reading(found: Why, floor: float) -> str:
    """Which size costs most, and what the floor did."""
    at = found.worst
    told = [f"The worst size is {found.names[at]}, with {format_number(found.shares[at])}"]
    if len(found.shares) > 1:
        told.append(f"were it like the others, the score would be {score_text(found.without_worst())}")
    sentences = [": ".join(told) + "."]
    if found.floored:
        said = "1 size counts" if found.floored == 1 else f"{found.floored} sizes count"
        sentences.append(f"{said} as {floor:g}, the floor: no size alone makes a score of nothing.")
    return " ".join(sentences)


def curve_text(verdict: Verdict, event: Event) -> str:
    """What the score is worth on the instructor's curve, or why a trial has no points; else empty."""
    bends = anchors(verdict.sizes, event) if verdict.score is not None else None
    if not bends or verdict.score is None:
        if verdict.tried and verdict.score is not None and event.curve:
            return "Points come with handing in: the rungs that the curve needs run beside entries only."
        return ""
    points = points_of_score(verdict.score, bends)
    told = ", ".join(f"{format_number(worth)} at {score_text(score)}" for score, worth in bends)
    return f"On the instructor's curve that is {format_number(points)} points ({told}, straight in between)."


def how_judged(verdict: Verdict) -> list[tuple[str, str]]:
    """How it was judged, as pairs of a word and its value."""
    seed = "none drawn" if verdict.seed is None else f"{verdict.seed}, by which anybody draws them again"
    e = verdict.environment
    return [
        ("Judged (UTC)", plain(verdict.created[:19].replace("T", " "), 40)),
        ("Seed of the drawn sizes", seed),
        ("Round trip of an empty call", "unknown" if verdict.null_s is None else format_time(verdict.null_s)),
        ("Wall", walls_text(verdict)),
        ("Disturbed", plain(verdict.disturbed_reason, 200) or "yes" if verdict.disturbed else "no"),
        ("Confirms", f"verdict {plain(verdict.confirms, 40)}" if verdict.confirms else "nothing, a first one"),
        ("Code", f"BLAKE2b {plain(verdict.code_digest, 40)}"),
        ("Versions", f"NumPy {e.numpy}, Numba {e.numba}, Python {e.python}"),
    ]


def walls_text(verdict: Verdict) -> str:
    """ "bubblewrap, seccomp", or that there was none."""
    if not verdict.walled:
        return "none stood around it"
    return ", ".join(plain(layer, 40, keep="") for layer in verdict.layers) or "it stood"


def cache_text(size_bytes: int, ways: int, line_bytes: int) -> str:
    """ "a cache of 32 KiB, 8-way, with lines of 64 B"."""
    return f"a cache of {format_bytes(size_bytes)}, {ways}-way, with lines of {format_bytes(line_bytes)}"
