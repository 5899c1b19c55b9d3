"""A page with every finding in full: one file without scripts, and nothing of a pack is markup in it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from accel_core.errors import printable
from accel_core.homework.assignment import Assignment
from accel_core.homework.checking.checks import STATUSES, Row
from accel_core.homework.checking.findings import OK
from accel_core.homework.checking.limits import FINDS
from accel_core.homework.checking.tables import counted

LONGEST = 2000
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 70rem; padding: 0 1rem;
  color: #1a1a1a; background: #fff; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
ul { margin: 0; padding-left: 1.1rem; }
.grave { font-weight: 700; }
@media (prefers-color-scheme: dark) { body { color: #eee; background: #161616; } }
"""


def report_html(rows: Sequence[Row], assignment: Assignment) -> str:
    """The page; files that need a look come first."""
    order = sorted(rows, key=lambda row: -STATUSES.index(row.status))
    counts = ", ".join(f"{count} {status}" for status, count in counted(rows).items() if count)
    title = _text(assignment.title)
    names = ("File", "Student", "Status", "Parts", "Findings")
    head = "".join(f"<th scope=col>{name}</th>" for name in names)
    return (
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n"
        '<meta name=viewport content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n<h1>{title}</h1>\n"
        f"<p>{len(rows)} files: {counts}.</p>\n<p>{_text(FINDS)}</p>\n"
        f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{''.join(map(_row, order))}</tbody>\n</table>\n"
        "</html>\n"
    )


def _row(row: Row) -> str:
    said = [said for _, said in row.lacks if said]
    said += [f"{one.grade} ({one.check}): {one.sentence}" for one in row.findings]
    listed = f"<ul>{''.join(f'<li>{_text(one)}</li>' for one in said)}</ul>" if said else ""
    grave = "" if row.status == OK else " class=grave"
    cells = [_text(row.file), _text(row.student), row.status, f"{row.done} of {len(row.lacks)}", listed]
    told = "".join(f"<td{grave if at == 2 else ''}>{cell}</td>" for at, cell in enumerate(cells))
    return f"<tr>{told}</tr>\n"


def _text(text: str) -> str:
    """A text that is no markup, whatever it holds."""
    shown = "".join(letter if letter.isprintable() else "\ufffd" for letter in printable(text))
    return escape(shown[:LONGEST])
