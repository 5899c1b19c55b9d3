"""An event whole, for a terminal and --json: what is asked, rules, sizes, an example, the starter code."""

from __future__ import annotations

import textwrap
from typing import Any

from accel_core.arena.event import MISSES, Event
from accel_core.arena.example import example
from accel_core.arena.orders import order_table
from accel_core.arena.starter import starter
from accel_core.cli.output import table
from accel_core.readings import arena_statement as told
from accel_core.readings.arena_text import plain

WIDTH = 100


def statement_data(event: Event) -> dict[str, Any]:
    """What --json prints of one event beside its file."""
    asked = [told.problem_text(event), *told.rules(event), *([plain(event.text)] if event.text else [])]
    return {
        "statement": [_unmarked(one) for one in asked],
        "example": [{"name": name, "text": text} for name, text in example_tables(event)],
        "starter": starter(event),
    }


def statement(event: Event) -> str:
    """The same as text, with the sizes as a table."""
    data, rows = statement_data(event), told.size_rows(event)
    asked, *rules = (textwrap.fill(one, WIDTH, break_on_hyphens=False) for one in data["statement"])
    names = list(rows[0])
    parts = [
        f"{event.name}: {event.title}, {event.dtype}",
        asked,
        "\n".join(textwrap.indent(rule, "  ").replace("  ", "- ", 1) for rule in rules),
        f"{told.sizes_title(event)}:\n{table(names, [[row[name] for name in names] for row in rows])}",
        "A worked example:",
        *(f"{name}\n{text}" for name, text in example_tables(event)),
        f"Starter code, which accel arena events {event.name} --starter prints alone:",
        data["starter"].rstrip(),
    ]
    return "\n\n".join(parts)


def example_tables(event: Event) -> tuple[tuple[str, str], ...]:
    """(name, text) of each array of the worked example; of a misses event the accesses of an order."""
    if event.kind == MISSES:
        return (("The starter's order at 2 x 2 x 2, access by access", order_table(event)),)
    return example(event).tables


def _unmarked(text: str) -> str:
    """Without the marks that make code and bold type on the page."""
    return text.replace("`", "").replace("**", "")
