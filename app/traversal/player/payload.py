"""What goes to the browser: traces as typed arrays in base64, their caches and matrices, and the colours.

An array is "kind:base64" with kind u8, u16, u32 or i32, little endian. `steps` has one entry an access: operand
(2 * number + 1 where it writes), row, column, text (line of the nest), i, j, k; and first, one longer: where
the events of each access begin. `events` has one an access to a level: level, line, write, outcome, evicted
(-1: none). A level that is small enough to be drawn says what it holds before the first of them, 2 * line, and
one more where that was written to; any other says only how much. 5,000 accesses take about 200 kB.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from accel_core.cache import Operand, Trace
from accel_core.figures.drawing.look import FONT, look_for
from accel_core.figures.drawing.outcomes import outcome_colours

KINDS = {"u8": "<u1", "u16": "<u2", "u32": "<u4", "i32": "<i4"}
EVENTS = {"level": "u8", "line": "i32", "write": "u8", "outcome": "u8", "evicted": "i32"}
"""In the order of the columns of `Trace.events`."""
MOST_SETS = 512
"""A level of more sets is shown by how full it is: its lines would be 3 pixels wide on a wide screen."""


@dataclass(frozen=True)
class Lane:
    """One trace as it is shown; `title` names it in sentences and files."""

    title: str
    trace: Trace


def payload(lanes: Sequence[Lane], start: int, footer: str) -> dict[str, Any]:
    """The component's data: the lanes, the step to open at, what they are of, the colours, and an id."""
    described = [describe(lane) for lane in lanes]
    content = json.dumps([described, footer], sort_keys=True).encode()
    return {
        "id": hashlib.sha256(content).hexdigest()[:16],
        "start": start,
        "lanes": described,
        "footer": footer,
        "font": FONT,
        "palettes": {mode: _palette(mode) for mode in ("light", "dark")},
    }


def describe(lane: Lane) -> dict[str, Any]:
    """A lane as plain data."""
    trace = lane.trace
    traversal = trace.traversal
    return {
        "title": lane.title,
        "file": "".join(letter if letter.isalnum() else "-" for letter in lane.title),
        "text": list(trace.nest),
        "order": traversal.order,
        "blocks": list(traversal.blocks) if traversal.block else None,
        "operands": [_operand(operand) for operand in traversal.operands],
        "levels": [_level(trace, number) for number in range(len(trace.caches))],
        "start": trace.start,
        "total": trace.total,
        "steps": _steps(trace),
        "events": {name: pack(trace.events[:, n], kind) for n, (name, kind) in enumerate(EVENTS.items())},
    }


def pack(values: ArrayLike, kind: str) -> str:
    """`values` as "kind:base64"; OverflowError where they do not fit the kind."""
    array = np.asarray(values)
    packed = array.astype(KINDS[kind])
    if not np.array_equal(packed, array):
        raise OverflowError(f"Values from {array.min()} to {array.max()} do not fit {kind}.")
    return f"{kind}:{base64.b64encode(packed.tobytes()).decode()}"


def _steps(trace: Trace) -> dict[str, str]:
    first = np.concatenate(([0], trace.ends))
    return {
        "operand": pack(2 * trace.operand + trace.is_write, "u8"),
        "row": pack(trace.element[:, 0], "u16"),
        "column": pack(trace.element[:, 1], "u16"),
        "text": pack(trace.text_line, "u8"),
        **{axis: pack(trace.index[:, n], "u16") for n, axis in enumerate("ijk")},
        "first": pack(first, "u32"),
    }


def _operand(operand: Operand) -> dict[str, Any]:
    return {
        "name": operand.name,
        "rows": operand.rows,
        "columns": operand.columns,
        "base": operand.base,
        "leading": operand.leading,
        "byRows": operand.by_rows,
        "itemsize": operand.itemsize,
    }


def _level(trace: Trace, number: int) -> dict[str, Any]:
    cache, held = trace.caches[number], trace.held[number]
    drawn = cache.sets <= MOST_SETS
    return {
        "name": f"L{number + 1}",
        "sets": cache.sets,
        "ways": cache.ways,
        "lineBytes": cache.line_bytes,
        "before": trace.before[number].tolist(),
        "held": len(held.line),
        "content": pack(2 * held.line + held.dirty, "i32") if drawn else None,
    }


def _palette(mode: str) -> dict[str, str]:
    look = look_for(mode)
    return {
        "background": look.background,
        "panel": look.panel,
        "ink": look.ink,
        "muted": look.muted,
        "grid": look.grid,
        **outcome_colours(mode),
    }
