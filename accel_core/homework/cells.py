"""Texts that others wrote, as cells of a table that a spreadsheet opens."""

from __future__ import annotations

import re

from accel_core.errors import printable

FORMULA = "=+-@|%＝＋－＠"
"""A spreadsheet may run a cell that begins with one of these; the last four are their wide forms.
https://owasp.org/www-community/attacks/CSV_Injection"""
BETWEEN = re.compile(rf"(;\s*)(?=[{re.escape(FORMULA)}])")
"""Where numbers have decimal commas, a semicolon ends a cell, and quotes inside it do not hold it together."""
LONGEST_CELL = 2000


def cell(text: str) -> str:
    """A text that a spreadsheet shows and does not run, in one line."""
    line = " ".join(printable(text).split())
    line = "".join(letter if letter.isprintable() else "\ufffd" for letter in line)[:LONGEST_CELL]
    line = BETWEEN.sub(r"\1'", line)
    return f"'{line}" if line and line[0] in FORMULA else line
