"""What a command measured or worked out, for a person: aligned, with units, numbers first."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from accel_core import registry
from accel_core.cli.output import pairs, table
from accel_core.model import ITEM_BYTES, Comparison, Measurement, Refusal, chosen
from accel_core.model.tuning import Tuning
from accel_core.race import Calibration
from accel_core.readings.estimates import NO_INTERVAL, ends_text, time_text
from accel_core.units import (
    format_arrays,
    format_bytes,
    format_count,
    format_number,
    format_rate,
    format_ratio,
    format_time,
)

if TYPE_CHECKING:
    from accel_core.cache import CacheGeometry, Reuse, Simulation
    from accel_core.intensity import Model

UNKNOWN = "unknown"


def measurement(m: Measurement) -> str:
    """One measurement in full."""
    settings = "".join(f", {name} {value}" for name, value in chosen(m.parameters).items())
    rows = [
        (m.kernel, f"{' x '.join(map(str, m.shape))}, {m.dtype}, {threads_text(m.threads)}{settings}"),
        ("time, 95 %", time_text(m.time_s)),
        ("rate", format_rate(m.flop_per_s, "FLOP/s")),
        ("intensity", _intensity(m.intensity_flop_per_byte)),
        (
            "extra memory",
            f"{format_bytes(m.peak_alloc_bytes)} ({_extra(m)})" if m.peak_alloc_bytes else _extra(m),
        ),
        *([("compile", format_time(m.compile_s))] if m.compile_s >= 1e-3 else []),  # less: nothing was compiled
        ("verified", f"greatest relative error {m.max_relative_error:.1e}"),
    ]
    if m.sentinel:
        rows.append(("clock", format_rate(m.sentinel.clock_hz, "Hz")))
        if said := m.sentinel.reads:
            rows.append(("reads", said))
    if m.environment.held_back:
        rows.append(("HELD BACK", f"{m.environment.held_back}."))
    if m.disturbed:
        rows.append(("DISTURBED", m.disturbed_reason))
    if m.waiting:
        rows.append(("waiting", m.waiting))
    return pairs(rows)


def _changed(m: Measurement, measured: Sequence[Measurement]) -> Measurement | None:
    """The only measurement of the rung that `m` changes, of the same shape; None where there is none."""
    problem, rung = registry.kernel(m.kernel)
    changed = problem.before(rung)
    found = [other for other in measured if changed and other.kernel == changed.id and other.shape == m.shape]
    return found[0] if len(found) == 1 else None


def _step(m: Measurement, before: Measurement) -> str:
    """What the change brought: "8.00 times faster than compiled_ijk"."""
    ratio, other = format_ratio(m.flop_per_s / before.flop_per_s), before.rung
    return f"{ratio} as {other}" if ratio == "as fast" else f"{ratio} than {other}"


def _extra(m: Measurement) -> str:
    """The extra memory of one call in arrays."""
    return format_arrays(registry.extra_arrays(m))


def measurements(measured: Sequence[Measurement], refused: Sequence[Refusal]) -> str:
    """A row a measurement with its speed-up over the rung it changes; refused cases with their reason below."""
    rows = []
    for m in measured:
        before = _changed(m, measured)
        step = _step(m, before) if before else ""
        settings = ", ".join(f"{name} {value}" for name, value in chosen(m.parameters).items())
        disturbed = f"disturbed: {m.disturbed_reason}" if m.disturbed else m.waiting
        note = "; ".join(filter(None, (m.environment.held_back, disturbed)))
        shape = "x".join(map(str, m.shape))
        rate = format_rate(m.flop_per_s, "FLOP/s")
        time = format_time(m.time_s.median)
        rows.append((m.kernel, settings, shape, threads_text(m.threads), time, rate, _extra(m), step, note))
    columns = ("kernel", "setting", "shape", "threads", "time", "rate", "extra memory")
    header = (*columns, "what the change brought", "")
    return _with_refusals(table(header, rows) if rows else "", refused)


def comparisons(compared: Sequence[Comparison], refused: Sequence[Refusal] = (), held_back: str = "") -> str:
    """A line a pair: who is faster, by how much, and the interval of that ratio; below it what held both back
    (`Environment.held_back`) and the refused pairs."""
    rows = [
        (
            f"{c.a} against {c.b}",
            "x".join(map(str, c.shape)) if c.shape else str(c.size),
            format_time(c.time_s_a),
            format_time(c.time_s_b),
            format_ratio(c.ratio.median),
            ends_text(c.ratio.low, c.ratio.high, format_number) or NO_INTERVAL,
            _who(c),
        )
        for c in compared
    ]
    header = ("a against b", "size", "a", "b", "a is", "speed a / speed b, 95 %", "")
    answer = table(header, rows)
    return _with_refusals(f"{answer}\n\nHELD BACK: {held_back}." if held_back else answer, refused)


def _who(c: Comparison) -> str:
    """Who disturbed the pairs, and how many do not count for that."""
    said = [f"disturbed: {c.disturbed_reason}" if c.disturbed_reason else "disturbed"] if c.disturbed else []
    if c.left_out:
        said.append(f"{c.left_out} pairs of samples left out, because something shared the core meanwhile")
    return "; ".join(said)


def _with_refusals(answer: str, refused: Sequence[Refusal]) -> str:
    """`answer`, and below it each refused case with its reason."""
    reasons = [f"{r.case.kernel} was not run: {r.reason}{_extrapolated(r)}" for r in refused]
    return "\n\n".join(part for part in (answer, "\n".join(reasons)) if part)


def simulation(done: Simulation, label: str, notes: Sequence[str] = ()) -> str:
    """What is assumed of the caches, a row a level and an operand of it, then what reaches the memory."""
    rows = []
    for level in done.levels:
        counts = [(f"{level.level} ({_geometry(level.cache)})", level.total)]
        for name, count in [*counts, *((f"  {name}", count) for name, count in level.operands.items())]:
            kinds = (count.compulsory, count.capacity, count.conflict)
            ratio = f"{count.misses / count.accesses:.2%}" if count.accesses else ""
            told = ["" if kind is None else f"{kind:,}" for kind in kinds]
            moved = [format_bytes(count.bytes_in), format_bytes(count.bytes_out)]
            rows.append((name, f"{count.accesses:,}", f"{count.misses:,}", ratio, *told, *moved))
    header = ("", "accesses", "misses", "ratio", "compulsory", "capacity", "conflict", "bytes in", "bytes out")
    least = format_bytes(done.traversal.least_bytes)
    memory = f"Memory: {format_bytes(done.dram_bytes)} both ways, and at least {least} in any order."
    distances = [] if done.reuse is None else [_distances(done.reuse)]
    title = "\n".join([f"Cache: {label}; simulated, not measured.", *notes])
    return "\n\n".join([title, table(header, rows), memory, *distances])


def calibrations(measured: Sequence[Calibration]) -> str:
    """A row a part: how many shapes were measured and how many each backend won; ties are counted apart."""
    names = list(dict.fromkeys(name for c in measured for x in c.contests for name in x.times_s))
    rows = []
    for c in measured:
        won = Counter("tie" if race.is_tie else race.winner for race in c.contests)
        counts = [str(won[name]) if won[name] else "" for name in (*names, "tie")]
        rows.append((c.operation, c.dtype, c.layout, str(len(c.contests)), *counts))
    told = table(("operation", "dtype", "layout", "shapes", *names, "too close to tell"), rows)
    return f"Shapes at which each backend was the fastest:\n\n{told}" if rows else "Nothing was measured."


def tunings(found: Sequence[Tuning]) -> str:
    """The block sizes that won, from which size on what is packed, the speed over those from the caches, and
    the width of vectors that won."""
    rows = []
    for one in found:
        item = ITEM_BYTES[one.dtype]
        sides = (str(math.isqrt(size // item)) for size in (one.unpacked_bytes, one.unpacked_a_bytes))
        lengths = map(str, (one.tile, one.mc, one.kc, one.nc))
        gains = [f"{gain.median:.2f} at {side}" for side, gain in one.gains.items()]
        won = ", ".join(gains) or "those from the caches won"
        rows.append((one.dtype, *lengths, *sides, won, f"{one.vector_bits} bits" if one.vector_bits else ""))
    head = (
        "dtype",
        "tile",
        "MC",
        "KC",
        "NC",
        "no packing up to N",
        "only b packed up to N",
        "speed over those from the caches",
        "vectors",
    )
    if not rows:
        return "Nothing was measured."
    told = "Whatever starts from now on runs with it. Calibrations of before were measured with other blocks."
    return f"{table(head, rows)}\n\n{told}"


def roofline(target: Path, points: int, stored: int, dtype: str, threads: int) -> str:
    """Where the page lies and what is on it, out of how many."""
    of = f" of {stored}" if stored > points else ""
    count = f"{points}{of} measurement{'' if max(points, stored) == 1 else 's'}"
    return f"{target}: the roofs and {count} of {dtype} on {threads_text(threads)}."


def intensity(operation: Model, counted: Any) -> str:
    """FLOP, bytes and their ratio, with the formula and where it comes from."""
    rows = [
        (operation.name, operation.title),
        ("work", f"{counted.flop} FLOP"),
        ("traffic", f"{counted.bytes} B"),
        ("intensity", _intensity(counted.flop_per_byte)),
        ("derivation", counted.derivation),
        ("source", counted.source),
    ]
    return pairs(rows)


# -- words ----------------------------------------------------------------------------------------------------


def threads_text(count: int | None) -> str:
    """`2 threads`, or that it is unknown."""
    return UNKNOWN if count is None else format_count(count, "thread")


def cache_text(size_bytes: int, ways: int | None, line_bytes: int | None) -> str:
    """`32 KiB, 8 ways, lines of 64 B`; what is unknown is left out."""
    parts = [f"{ways} ways" if ways else "", f"lines of {line_bytes} B" if line_bytes else ""]
    return ", ".join([format_bytes(size_bytes), *filter(None, parts)])


def _geometry(cache: CacheGeometry) -> str:
    """`32 KiB, 8 ways, lines of 64 B, lru, write-back`, and whether it is inclusive."""
    sizes = cache_text(cache.size_bytes, cache.ways, cache.line_bytes)
    return f"{sizes}, {cache.policy}, write-{cache.write}{', inclusive' if cache.inclusive else ''}"


def _distances(reuse: Reuse) -> str:
    """Reuse distances; a fully associative LRU cache of more lines than the distance would have hit."""
    rows = [("first touch", f"{reuse.first_touches:,}")]
    rows += [
        (f"up to {at_most:,}", f"{count:,}")
        for at_most, count in zip(reuse.at_most, reuse.accesses, strict=True)
    ]
    return table((f"other lines of {reuse.line_bytes} B since", "accesses"), rows)


def _intensity(flop_per_byte: float | None) -> str:
    return UNKNOWN if flop_per_byte is None else f"{format_number(flop_per_byte)} FLOP/B"


def _extrapolated(refusal: Refusal) -> str:
    if refusal.extrapolated_s is None:
        return ""
    return f" (about {format_time(refusal.extrapolated_s)}, extrapolated from N={refusal.extrapolated_from})"
