"""What `accel arena` says to a person. Whatever somebody else wrote is made fit for a terminal first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from accel_core.cli.output import pairs, table
from accel_core.model import Ruling, Verdict
from accel_core.readings.arena_board import roofs_text
from accel_core.readings.arena_sizes import (
    curve_text,
    facts_of,
    size_rows,
    walls_text,
    why,
    why_numbers,
    why_reading,
)
from accel_core.readings.arena_text import plain, plain_name
from accel_core.readings.arena_verdict import failing_parts, noise_text, verdict_beside, verdict_headline
from accel_core.units import format_count

if TYPE_CHECKING:
    from accel_core.arena.event import Event
    from accel_core.arena.proofs import Proof
    from accel_core.studies.arena import BoardRow, Past, RoofsToday

COLUMNS = (
    *("Size", "Drawn", "Time (ms)", "GFLOP/s", "Share of roof", "Bound by"),
    *("Misses", "Share of bound", "Note"),
)
"""Of the table by size, in a terminal."""
WORDS = {"annul": "annulled", "hide": "hidden", "restore": "restored"}
"""What an entry is by a ruling."""


def events(known: Sequence[Event]) -> str:
    """The events, a line each."""
    rows = [
        [one.name, one.dtype, str(len(one.shapes)), str(len(one.drawn)), deadline(one), one.title]
        for one in known
    ]
    return table(["event", "type", "printed sizes", "drawn", "closes (UTC)", ""], rows)


def proofs(found: Mapping[str, Sequence[Proof]]) -> str:
    """The proofs of each event, a line each, and how many failed."""
    told = [proof for proofs in found.values() for proof in proofs]
    parts = []
    for name, proofs in found.items():
        rows = [["holds" if proof.ok else "FAILS", proof.name, proof.detail] for proof in proofs]
        parts.append(f"{name}\n{table(['', '', ''], rows).strip()}")
    failed = sum(not proof.ok for proof in told)
    parts.append("All proofs hold." if not failed else f"{failed} of {len(told)} proofs failed.")
    return "\n\n".join(parts)


def deadline(event: Event) -> str:
    """When it closes, "never" where it stays open."""
    return event.deadline[:16].replace("T", " ") if event.deadline else "never"


def verdict(found: Verdict, event: Event) -> str:
    """The verdict, its reason, the table by size, and why the score is what it is."""
    beside = verdict_beside(found)
    rows = [
        ("verdict", found.verdict),
        ("result", verdict_headline(found) + (f" ({beside})" if beside else "")),
        ("reason", " ".join(plain(found.reason, keep="").split())),
        *((name.lower(), value) for name, value in facts_of(found).items()),
        ("wall", walls_text(found)),
        *([("disturbed", noise)] if (noise := noise_text(found)) else []),
    ]
    parts = [pairs(rows)]
    if failing := failing_parts(found):
        told = (f"{name}: {plain(str(part))}" for name, part in failing.items())
        parts.append("\n".join(["It fails this:", *told]))
    if found.sizes:
        parts.append(_sizes(size_rows(found)))
    if (made := why(found, event.floor)) is not None:
        said = (f"Why: {why_numbers(made)}", why_reading(made, event.floor), curve_text(found, event))
        parts.append("\n".join(filter(None, said)))
    return "\n\n".join(parts)


def _sizes(rows: Sequence[Mapping[str, Any]]) -> str:
    names = [name for name in COLUMNS if any(row.get(name) not in (None, "") for row in rows)]
    header = ["" if name == "Note" else name.lower() for name in names]
    return table(header, [["" if row.get(name) is None else str(row[name]) for name in names] for row in rows])


def board(rows: Sequence[BoardRow], roofs: RoofsToday | None = None) -> str:
    """The board, what was annulled, and the roofs that all scores are held against."""
    lines = []
    for row in rows:
        place = "" if row.rank is None else f"{row.rank}{'=' if row.shared else ''}"
        ends = "" if row.low is None or row.high is None else f"{row.low:.1f} to {row.high:.1f}"
        said = WORDS.get(row.ruled, "")
        remark = f"{said}: {plain_name(row.reason)}" if said else ""
        score = "" if row.score is None else f"{row.score:.1f}"
        when = row.when[:16].replace("T", " ")
        who, on = plain_name(row.person), plain_name(row.built_on)
        lines.append([place, who, score, ends, on, plain_name(when), plain_name(row.entry), remark])
    if not lines:
        return "Nobody stands on this board yet."
    header = ["rank", "who", "score", "interval", "built on", "handed in (UTC)", "entry", ""]
    said = "" if roofs is None else roofs_text(roofs.flop_per_s, roofs.threads, roofs.measured)
    return "\n\n".join(filter(None, (table(header, lines), said)))


def ruled(made: Ruling) -> str:
    """A ruling that was made."""
    return f"The entry {plain_name(made.entry)} is {WORDS[made.what]}, with the reason: {plain(made.reason)}"


def code(read: str) -> str:
    """The code, every sign of which can be seen."""
    return plain(read.replace("\r\n", "\n"), len(read)).rstrip("\n")


def history(past: Sequence[Past]) -> str:
    """The entries of one person, newest first."""
    rows = []
    for one in past:
        score = None if one.counts is None else one.counts.score
        place = "on the board" if one.best else ""
        when = one.entry.created[:16].replace("T", " ")
        told = "" if score is None else f"{score:.1f}"
        said = " ".join(plain(one.said, 200, keep="").split())
        rows.append([when, one.entry.event, told, place, plain_name(one.entry.id), said])
    if not rows:
        return "Nothing was handed in yet."
    return table(["handed in (UTC)", "event", "score", "", "entry", ""], rows)


def line(found: Verdict, person: str) -> str:
    """One verdict, as it comes."""
    score = "" if found.score is None else f", {found.score:.1f}"
    confirming = " (confirming)" if found.confirms else ""
    return f"{plain_name(person)}, {found.event}: {found.verdict}{score}{confirming}"


def judged(verdicts: Sequence[Verdict], persons: Mapping[str, str]) -> str:
    """What was judged, a line each."""
    if not verdicts:
        return "Nothing waits."
    rows = [
        [
            plain_name(persons.get(one.entry, "")),
            one.event,
            one.verdict + (" (confirming)" if one.confirms else ""),
            "" if one.score is None else f"{one.score:.1f}",
            " ".join(plain(one.reason, 200, keep="").split()),
        ]
        for one in verdicts
    ]
    head = format_count(len(verdicts), "verdict")
    return f"{table(['who', 'event', 'verdict', 'score', ''], rows)}\n\n{head}; nothing waits any more."
