"""The board of an event: the picture under the roof, what it says, the table, and what was taken off."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from accel_core.arena.event import MISSES, Event
from accel_core.figures.arena_board import board_figure
from accel_core.readings.arena_board import Line, board_alt, board_reading, board_rows, people, roofs_text
from accel_core.readings.arena_rungs import rung_lines
from accel_core.readings.arena_statement import first_steps
from accel_core.readings.arena_text import plain, plain_name
from accel_core.studies.arena import BoardRow
from app.arena import choosing, sample, taking
from app.arena import people as persons
from app.arena.standing import lines_of, verdict_of
from app.parts import components, tables, theme
from app.session import cached, drawings, entries, settings

SEVERAL = 1


def machine(event: Event) -> str:
    """The fingerprint of the machine whose board is shown; a choice where there are several."""
    setting = choosing.machine_setting(event)
    chosen = choosing.OWN_MACHINE
    if len(setting.options) > SEVERAL:
        with theme.field(choosing.OF_PX):
            chosen = str(settings.select(setting))
    here = cached.machine().fingerprint
    return here if chosen == choosing.OWN_MACHINE else entries.machines(event)[chosen]


def draw(event: Event, fingerprint: str) -> None:
    """The board, best first; where nobody stands on it yet, what to do, and another machine's as a sample."""
    rows = entries.board(event, fingerprint)
    elsewhere = fingerprint != cached.machine().fingerprint
    lines = _lines(event, rows)
    if not people(lines):
        if elsewhere:
            st.info(
                f"Nobody stands on the board of that machine in {event.name}.", icon=":material/leaderboard:"
            )
        else:
            _begin(event)
        _taken_off(rows)
        return
    roof = "no order has fewer misses" if event.kind == MISSES else ""
    whose = f"Another machine ({fingerprint[:8]})" if elsewhere else ""
    theme.show(
        drawings.drawn(board_figure, lines, theme.current_look(), stale=whose, roof=roof),
        alt=board_alt(lines),
        key=f"board {event.name}",
        filename=f"arena-{event.name}",
    )
    said = f"{event.title}, {event.dtype}. {board_reading(lines)}"
    if roofs := entries.roofs(event, fingerprint):
        said += f" {roofs_text(roofs.flop_per_s, roofs.threads, roofs.measured)}"
    components.reading(components.literal_but_bold(said))
    _table(event, lines)
    _taken_off(rows)


def _begin(event: Event) -> None:
    """What to do where nobody stands on the board of this machine: the button, and a sample or the steps."""
    st.button(
        "Write the first entry",
        key="write first",
        type="primary",
        icon=":material/edit:",
        on_click=choosing.show,
        args=(choosing.WRITE,),
        disabled=bool(taking.why_not(event)),
    )
    if sample.draw(event):
        return
    st.info(f"Nobody stands on the board of {event.name} yet.", icon=":material/leaderboard:")
    st.markdown("\n".join(f"{number}. {step}" for number, step in enumerate(first_steps(event), 1)))


def _lines(event: Event, rows: Sequence[BoardRow]) -> list[Line]:
    """The rows that count, and the rungs as they ran beside the best of them."""
    counting = lines_of(rows, persons.signed_in())
    best = entries.verdict(verdict_of(rows)) if counting else None
    return [*counting, *(rung_lines(best, event) if best else ())]


def _table(event: Event, lines: Sequence[Line]) -> None:
    """All people, sortable; one that is picked can be looked at."""
    told, order = board_rows(lines), people(lines)
    if not told:
        return
    picked = tables.table(told, f"arena-{event.name}", alt="The board, best first", unfolding=True)
    if picked is not None:
        choosing.look_button(order[picked].entry, "open picked")
    else:
        st.caption(
            "Pick a row at its left to look at an entry: its sizes, its roofline, and its code if it is open."
        )


def _taken_off(rows: Sequence[BoardRow]) -> None:
    """Entries that the presenter annulled or hid, each with the reason."""
    ruled = [row for row in rows if row.ruled]
    if not ruled:
        return
    st.subheader("What the presenter decided", anchor=False)
    words = {"annul": "annulled", "hide": "hidden"}
    st.dataframe(
        [
            {
                "Who": plain_name(row.person),
                "Handed in (UTC)": row.when[:16].replace("T", " "),
                "Entry is": words.get(row.ruled, row.ruled),
                "Reason": plain(row.reason, keep=""),
            }
            for row in ruled
        ],
        hide_index=True,
        alt="Entries that were annulled or hidden, with the reason",
    )
