"""What stands in the place of an empty board: what was really handed in and judged on another machine."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import MISSES, Event
from accel_core.figures.arena_board import board_figure
from accel_core.readings.arena_board import Line, board_alt, board_reading, board_rows
from accel_core.readings.arena_rungs import rung_lines
from accel_core.readings.machine import sample_text
from accel_core.store import summary
from accel_core.studies import arena as desk
from app.arena.standing import lines_of, verdict_of
from app.parts import components, tables, theme
from app.parts.components import literal, literal_but_bold
from app.session import cached, drawings
from app.session.samples import Judgings


def draw(event: Event) -> bool:
    """Whether a sample of `event` is there, and was drawn; all of it says that it is one."""
    known = cached.sample_arena()
    lines = _lines(event, known) if known is not None else []
    if known is None or not lines:
        return False
    said = sample_text(known.machine)
    when = max(one.created for one in known.verdicts if one.event == event.name)
    st.info(
        f"{literal(said)}, judged {components.day(when)}. Nobody stands on the board of this machine yet.",
        icon=":material/science:",
    )
    roof = "no order has fewer misses" if event.kind == MISSES else ""
    theme.show(
        drawings.drawn(board_figure, lines, theme.current_look(), stale=said, roof=roof),
        alt=f"{said}. {board_alt(lines)}",
        key=f"sample board {event.name}",
        filename=f"arena-{event.name}-sample",
    )
    reading = f"{event.title}, {event.dtype}, on the machine of the sample. {board_reading(lines)}"
    components.reading(literal_but_bold(reading))
    tables.table(board_rows(lines), f"arena-{event.name}-sample", alt="The board of the sample, best first")
    return True


def _lines(event: Event, known: Judgings) -> list[Line]:
    """The sample's board of `event`, and the rungs that ran beside the best; nothing where it has none."""
    entries = [one for one in known.entries if one.event == event.name]
    verdicts = {one.id: one for one in known.verdicts if one.event == event.name}
    judged = [summary(one) for one in verdicts.values()]
    rows = desk.board_of(event, known.machine.fingerprint, entries, judged)
    counting = lines_of(rows)
    return [*counting, *rung_lines(verdicts[verdict_of(rows)], event)] if counting else []
