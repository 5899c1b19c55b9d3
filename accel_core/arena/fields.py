"""What each entry of an event file may be: the first fault is a BadInput that says what is allowed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, fields
from datetime import UTC, date, datetime
from itertools import pairwise
from math import prod
from typing import Any

from accel_core import registry
from accel_core.arena.drawing import ends
from accel_core.arena.event import (
    DIVISIONS,
    KINDS,
    MISSES,
    ONE_THREAD,
    SPEED,
    Band,
    CurvePoint,
    Event,
    PrintedCache,
)
from accel_core.cache import RUNG_ORDERS, CacheGeometry
from accel_core.errors import BadInput, is_whole, quoted, unknown
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.model import Shape, Workload, require_dtype

LEAST_SHAPES = 7
LEAST_DRAWN = 3
"""Of a speed event: printed sizes can be prepared for, drawn ones cannot."""
MOST_SPREAD = 0.5
MOST_TRIPLES = 4_000_000
"""Of one size of a misses event: a generator makes some millions a second."""
SLUG = re.compile(r"[a-z0-9]+([-_][a-z0-9]+)*")
MOST_NAME = 40


def checked(table: Mapping[str, Any]) -> Event:
    """The event that these entries make; BadInput for the first fault."""
    known = [field.name for field in fields(Event)]
    for key in table:
        if key not in known:
            raise BadInput(unknown("entry", key, known, f"an event has: {', '.join(known)}, divisions"))
    given = {"kind": SPEED, **table}
    for field in fields(Event):
        if field.default is MISSING and field.name not in given:
            raise BadInput(f"{field.name} is missing; an event needs one.")
    kind = _one_of("kind", given["kind"], KINDS)
    problem = registry.workload(given["workload"])
    require_dtype(given["dtype"])
    shapes = tuple(_shape("shapes", one, problem) for one in _list("shapes", given["shapes"]))
    baselines = tuple(_baseline(one, problem) for one in _list("baselines", given.get("baselines", [])))
    event = Event(
        name=_slug(given["name"]),
        title=_line("title", given["title"]),
        kind=kind,
        workload=problem.name,
        dtype=given["dtype"],
        division=_one_of("division", given["division"], DIVISIONS),
        shapes=shapes,
        drawn=tuple(_band(one, problem) for one in _list("drawn", given.get("drawn", []))),
        baselines=baselines,
        curve=_curve(given.get("curve", []), baselines),
        deadline=_deadline(given.get("deadline", "")),
        floor=_number("floor", given.get("floor", 1e-4), 1e-9, 0.5),
        tries_per_hour=_whole("tries_per_hour", given.get("tries_per_hour", 30), 1, 3600),
        cache=_cache(given.get("cache")),
        text=_text(given.get("text", "")),
    )
    _together(event, problem)
    return event


def _together(event: Event, problem: Workload) -> None:
    """What is allowed of one entry beside the others."""
    if len(set(event.shapes)) < len(event.shapes):
        raise BadInput("shapes has one shape twice; give each once.")
    if event.kind == MISSES:
        if event.division != ONE_THREAD:
            raise BadInput(f"division is {quoted(event.division)}; a misses event has {ONE_THREAD!r}.")
        if event.cache is None:
            raise BadInput("cache is missing; a misses event needs size_bytes, ways and line_bytes.")
        if not event.shapes:
            raise BadInput("shapes is empty; give one or more.")
        _orders(event)
        return
    if event.cache is not None:
        raise BadInput("cache is given; only a misses event has one.")
    if len(event.shapes) < LEAST_SHAPES:
        raise BadInput(f"shapes has {len(event.shapes)} entries; give {LEAST_SHAPES} or more.")
    changing = [at for at, (a, b) in enumerate(zip(problem.shape(2), problem.shape(3), strict=True)) if a != b]
    if not any(shape[at] % 2 for shape in event.shapes for at in changing):
        lengths = " or ".join(problem.axes[at] for at in changing)
        raise BadInput(f"shapes has no odd length; give one or more with an odd {lengths}.")
    if all(shape == problem.shape(shape[changing[0]]) for shape in event.shapes) and len(changing) > 1:
        raise BadInput("shapes are all square; give one or more that is not.")
    if len(event.drawn) < LEAST_DRAWN:
        raise BadInput(f"drawn has {len(event.drawn)} bands; give {LEAST_DRAWN} or more.")


def _orders(event: Event) -> None:
    """What a misses event needs beside a cache: small products, and baselines that are orders."""
    if event.workload != MATMUL.name:
        raise BadInput(f"workload is {quoted(event.workload)}; a misses event orders {MATMUL.name}.")
    largest = max([*event.shapes, *(tuple(high for _, high in ends(band)) for band in event.drawn)], key=prod)
    if prod(largest) > MOST_TRIPLES:
        raise BadInput(
            f"size {' x '.join(map(str, largest))} has {prod(largest):,} triples; {MOST_TRIPLES:,} are allowed."
        )
    able = [name for name, order in RUNG_ORDERS.items() if len(order) == 3]
    for name in event.baselines:
        if name not in able:
            raise BadInput(unknown("order of baseline", name, able, f"those with one are: {', '.join(able)}"))
    assert event.cache is not None
    CacheGeometry(event.cache.size_bytes, event.cache.ways, event.cache.line_bytes)


def _curve(value: Any, baselines: tuple[str, ...]) -> tuple[CurvePoint, ...]:
    """The points of a curve, each at a score or at a baseline; none, or two or more that rise."""
    points = tuple(_curve_point(one, baselines) for one in _list("curve", value))
    if len(points) == 1:
        raise BadInput("curve has one point; give two or more, or none.")
    for a, b in pairwise(points):
        if b.points < a.points:
            raise BadInput(f"curve falls from {a.points:g} to {b.points:g} points; its points have to rise.")
    scores = [(point.score, point.points) for point in points if point.score is not None]
    for (score, low), (next_score, high) in pairwise(scores):
        if next_score == score:
            raise BadInput(f"curve jumps from {low:g} to {high:g} points at score {score:g}; give two scores.")
        if next_score < score:
            raise BadInput(f"curve goes back from score {score:g} to {next_score:g}; its scores have to rise.")
    kernels = [point.kernel for point in points if point.kernel]
    twice = next((kernel for kernel in kernels if kernels.count(kernel) > 1), None)
    if twice:
        raise BadInput(f"curve has {twice} twice, which is a jump; give each baseline once.")
    return points


def _curve_point(value: Any, baselines: tuple[str, ...]) -> CurvePoint:
    table = _table("curve", value, ("points", "score", "kernel"))
    if "points" not in table or ("score" in table) == ("kernel" in table):
        raise BadInput(f"curve has {quoted(value)}; each entry has points, and either score or kernel.")
    points = _number("points of curve", table["points"], 0, 1000)
    if "score" in table:
        return CurvePoint(points, _number("score of curve", table["score"], 0, 1000))
    kernel = table["kernel"]
    if kernel not in baselines:
        listed = f"baselines are: {', '.join(baselines) or 'none'}"
        raise BadInput(unknown("baseline", kernel, baselines, listed))
    return CurvePoint(points, None, kernel)


def _shape(what: str, value: Any, problem: Workload) -> Shape:
    axes, most = problem.axes, problem.largest_size
    if not isinstance(value, list) or len(value) != len(axes):
        raise BadInput(f"{what} has {quoted(value)}; a shape of {problem.name} is [{', '.join(axes)}].")
    for name, length in zip(axes, value, strict=True):
        if not is_whole(length, 1, most):
            raise BadInput(f"{what} has {name} = {quoted(length)}; whole numbers from 1 to {most} are allowed.")
    return tuple(value)


def _band(value: Any, problem: Workload) -> Band:
    table = _table("drawn", value, ("shape", "spread"))
    if "shape" not in table:
        raise BadInput(f"drawn has {quoted(value)}; each band has a shape, and may have a spread.")
    band = Band(
        _shape("drawn", table["shape"], problem), _number("spread", table.get("spread", 0.05), 0, MOST_SPREAD)
    )
    if all(length * band.spread < 1 for length in band.shape):
        raise BadInput(
            f"spread is {band.spread:g}, which leaves no other shape than {list(band.shape)}; give more."
        )
    return band


def _baseline(value: Any, problem: Workload) -> str:
    ids = [rung.id for rung in problem.kernels]
    if value not in ids:
        raise BadInput(unknown("baseline", value, ids, f"rungs of {problem.name} are: {', '.join(ids)}"))
    return str(value)


def _deadline(value: Any) -> str:
    """ISO 8601 in UTC; empty where there is none."""
    if value == "":
        return ""
    try:
        found = value if isinstance(value, date) else datetime.fromisoformat(value)
        if isinstance(found, datetime) and found.tzinfo is not None:
            return found.astimezone(UTC).isoformat(timespec="seconds")
    except (TypeError, ValueError, OverflowError):
        pass
    raise BadInput(f"deadline is {quoted(str(value))}; give date, time and zone, such as 2027-01-31T18:00:00Z.")


def _cache(value: Any) -> PrintedCache | None:
    if value is None:
        return None
    names = ("size_bytes", "ways", "line_bytes")
    table = _table("cache", value, names)
    if set(table) != set(names):
        raise BadInput(f"cache has {quoted(value)}; it needs {', '.join(names[:-1])} and {names[-1]}.")
    size, ways, line = (_whole(f"{name} of cache", table[name], 1, 1 << 30) for name in names)
    if size % (ways * line):
        raise BadInput(f"cache has {size} bytes, which is no multiple of {ways} ways of {line} bytes.")
    return PrintedCache(size, ways, line)


def _slug(value: Any) -> str:
    if not isinstance(value, str) or not SLUG.fullmatch(value) or len(value) > MOST_NAME:
        raise BadInput(
            f"name is {quoted(value)}; small letters and digits are allowed, with - or _ between them, "
            f"{MOST_NAME} characters at most."
        )
    return value


def _line(what: str, value: Any) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > 100:
        raise BadInput(f"{what} is {quoted(value)}; one line of text is allowed, 100 characters at most.")
    return value.strip()


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > 4000:
        raise BadInput("text is no text, or longer than 4000 characters, which are allowed.")
    return value.strip()


def _one_of(what: str, value: Any, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise BadInput(unknown(what, value, allowed, f"there are: {', '.join(allowed)}"))
    return str(value)


def _list(what: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise BadInput(f"{what} is {quoted(value)}; a list is allowed.")
    return value


def _table(what: str, value: Any, allowed: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise BadInput(f"{what} has {quoted(value)}; a table is allowed, with {', '.join(allowed)}.")
    for key in value:
        if key not in allowed:
            raise BadInput(unknown(f"entry of {what}", key, allowed, f"it has: {', '.join(allowed)}"))
    return value


def _number(what: str, value: Any, low: float, high: float) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadInput(f"{what} is {quoted(value)}; a number from {low:g} to {high:g} is allowed.")
    return float(value)


def _whole(what: str, value: Any, low: int, high: int) -> int:
    if not is_whole(value, low, high):
        raise BadInput(f"{what} is {quoted(value)}; whole numbers from {low} to {high} are allowed.")
    return int(value)
