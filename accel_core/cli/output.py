"""What a command prints: JSON that any parser takes, aligned text for people, progress on standard error."""

from __future__ import annotations

import json
import math
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from accel_core.errors import printable
from accel_core.units import format_count, format_time


@dataclass(frozen=True, slots=True)
class Answer:
    """One command's answer: `data` for --json, `text` for people."""

    data: dict[str, Any]
    text: str


def json_text(data: Mapping[str, Any]) -> str:
    """One JSON object, in ASCII. NaN and infinity, which JSON does not have, become null.

    The bytes of a path that are no UTF-8 are written out: half of a pair would be no text to other parsers.
    """
    return json.dumps(_plain(data), indent=2, allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(v) for key, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, str):
        return printable(value)
    if hasattr(value, "item"):  # a NumPy scalar
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest cell, flush right; the first, and remarks (no header), flush left."""
    lines = [header, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(header))]
    to_left = [i == 0 or not title for i, title in enumerate(header)]
    return "\n".join(_row(line, widths, to_left) for line in lines)


def _row(cells: Sequence[str], widths: Sequence[int], to_left: Sequence[bool]) -> str:
    columns = zip(cells, widths, to_left, strict=True)
    return "  ".join(c.ljust(w) if left else c.rjust(w) for c, w, left in columns).rstrip()


def pairs(rows: Sequence[tuple[str, str]]) -> str:
    """`name  value` lines with the values below each other."""
    width = max((len(name) for name, _ in rows), default=0)
    return "\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in rows)


class Progress:
    """Shows a job's events on standard error: one rewritten line on a terminal, plain lines elsewhere."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._shown = ""

    def __call__(self, event: Mapping[str, Any]) -> None:
        kind = event.get("event")
        if kind == "queued" and event.get("place"):
            place = event["place"]
            self._show(f"waiting in the queue: {format_count(place, 'job')} before this one")
        elif kind == "step":
            expected_s = event.get("expected_s")
            left = f", about {format_time(expected_s)} left" if expected_s else ""
            self._show(f"[{min(event['done'] + 1, event['total'])}/{event['total']}] {event['name']}", left)
        elif kind == "warning":
            self.warn(str(event["message"]))

    def warn(self, message: str) -> None:
        """Print a warning on a line of its own."""
        self.tell(f"warning: {' '.join(message.split())}")

    def tell(self, message: str) -> None:
        """Print a message on a line of its own."""
        self.clear()
        print("accel:", message, file=self._stream, flush=True)

    def clear(self) -> None:
        """Remove the line that is rewritten, so that what follows starts on an empty one."""
        if self._live and self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=self._stream, flush=True)
        self._shown = ""

    def _show(self, line: str, left: str = "") -> None:
        """Show `line` and the time that is `left`, which alone is no reason for another plain line."""
        if not self._live:
            if line != self._shown:
                print(line + left, file=self._stream, flush=True)
            self._shown = line
            return
        shown = (line + left)[: shutil.get_terminal_size().columns - 1]  # a wrapped line could not be rewritten
        print("\r" + shown.ljust(len(self._shown)), end="", file=self._stream, flush=True)
        self._shown = shown
