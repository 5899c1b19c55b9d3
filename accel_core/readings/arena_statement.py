"""The statement of an event, as the page shows it: what is asked for, the rules, the sizes."""

from __future__ import annotations

from typing import Any

from accel_core.arena.event import MISSES, MOST_CODE_BYTES, ONE_THREAD, OPEN, Event
from accel_core.arena.orders import order_rules
from accel_core.arena.starter import arrays_of, problem_of, shape_text, signature
from accel_core.readings import arena_sizes
from accel_core.readings.arena_sizes import cache_text
from accel_core.units import format_count


def problem_text(event: Event) -> str:
    """What is asked for: the function in code marks, its arrays, what stands in `out`."""
    if event.kind == MISSES:
        cache = event.cache
        told = cache_text(cache.size_bytes, cache.ways, cache.line_bytes) if cache else "the printed cache"
        return f"Order the products a[i, p] · b[p, j] of a matrix product so that {told} misses least."
    problem = problem_of(event)
    arrays = ", ".join(f"`{array.name}` is {shape_text(array)}" for array in arrays_of(problem))
    return f"Define `{signature(problem)}`: {problem.formula}. {arrays}; all are {event.dtype}, row by row."


def rules(event: Event) -> list[str]:
    """The rules of its division, each a sentence of Markdown."""
    if event.kind == MISSES:
        counted = "Misses are counted by the cache simulator: they are the same on every machine."
        return [counted, *order_rules(event)]
    if event.division == OPEN:
        allowed = "**Open**: anything that is installed may be called."
    else:
        threads = "one thread" if event.division == ONE_THREAD else "all threads"
        allowed = (
            f"**No library, {threads}**: the judge compiles your function with Numba in nopython mode, and "
            "calls nothing but its machine code."
        )
    deadline = event.deadline[:16].replace("T", " ")
    return [
        allowed,
        "Each timed call gets fresh inputs, and each result of a timed call is checked.",
        f"Score: {arena_sizes.SCORE_SAID}.",
        f"One file of at most {MOST_CODE_BYTES // 1024} KiB; {event.tries_per_hour} tries an hour."
        + (f" Open until {deadline} UTC." if deadline else ""),
    ]


def first_steps(event: Event) -> list[str]:
    """How the first entry of an event comes about, each step a sentence of Markdown."""
    measured = (
        "**Hand in** under a nickname. Misses are counted in the printed cache, on every machine the same, so "
        "the first verdict counts."
        if event.kind == MISSES
        else "**Hand in** under a nickname. The entry is judged twice, and then stands here beside the rungs "
        "that ran with it: 100 is what the roof of this machine allows."
    )
    return [
        "**Write**: the field holds starter code that is right, and slow.",
        "**Try** it: it is checked, and measured at the printed sizes, in some ten seconds; nothing is kept.",
        measured,
    ]


def code_opens(event: Event, *, hidden: bool = False) -> str:
    """When everybody may read the code of an entry that only its author may read now, in a sentence."""
    if hidden:
        return "The presenter hid this entry, and its code with it."
    if event.deadline:
        return f"Everybody may read the code after {event.deadline[:16].replace('T', ' ')} UTC."
    return "Everybody may read the code if its author hands it in as open."


def sizes_title(event: Event) -> str:
    """ "8 printed sizes and 3 that are drawn"."""
    drawn = f" and {len(event.drawn)} that are drawn" if event.drawn else ""
    return f"{format_count(len(event.shapes), 'printed size')}{drawn}"


def size_rows(event: Event) -> list[dict[str, Any]]:
    """The sizes axis by axis; of a drawn one the bounds of each length."""
    names = problem_of(event).axes
    printed = [{**dict(zip(names, map(str, shape), strict=False)), "": "printed"} for shape in event.shapes]
    drawn = [
        {
            **{
                name: f"{round(length * (1 - band.spread))} to {round(length * (1 + band.spread))}"
                for name, length in zip(names, band.shape, strict=False)
            },
            "": "drawn for each verdict",
        }
        for band in event.drawn
    ]
    return [*printed, *drawn]
