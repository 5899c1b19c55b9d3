"""How wide text is, in the widest of the fonts that a computer may fall back to, and text broken to fit.

Figures are laid out where no browser is, so a width is a bound: as DejaVu Sans draws it, a seventh wider than
Arial and about as wide as Verdana. In a narrower font a gap is left, and nothing is ever cut off.
"""

from __future__ import annotations

import html
import math
import re

from accel_core.errors import printable

_CLASSES = (
    (0.28, "'ijl"),
    (0.34, " IJ,.·/\\|:;"),
    (0.41, "f-()[]t²!r"),
    (0.56, '"`_*–“”sz?cL'),
    (0.62, "FkxvyPToaeY"),
    (0.64, "EhnubdgpqS$0123456789{}µ√"),
    (0.70, "KAVZXBRC"),
    (0.79, "UNHDGOQ&"),
    (0.87, "w#+<=>^~×→M"),
)
"""Advance widths in parts of the font size: those of DejaVuSans.ttf 2.37 (`hmtx`), each class by its widest."""
_WIDTHS = {character: width for width, characters in _CLASSES for character in characters}
WIDEST = 1.0
"""Of what the table does not have: m, W, @, …, %, and what a font may lack."""
BOLD = 1.15
"""How much wider DejaVu Sans Bold is."""
LONGEST = 80
_TAG = re.compile(r"<[^>]*>")


def shown(text: str, most: int = LONGEST) -> str:
    """What somebody typed as Plotly may show it: no markup, no control characters, not too long."""
    plain = printable(text)
    return html.escape(plain if len(plain) <= most else f"{plain[:most]}…")


def width_px(text: str, size_px: float) -> float:
    """Pixels that the widest line of `text` takes at most, in letters of `size_px`.

    <br> begins a line and <b> is bold; other tags take no room.
    """
    return max(_line_em(line) for line in text.split("<br>")) * size_px


def _line_em(line: str) -> float:
    wide, at, bold = 0.0, 0, "</b>" in line and "<b>" not in line
    for tag in [*_TAG.finditer(line), None]:
        plain = html.unescape(line[at : tag.start() if tag else len(line)])
        wide += sum(_WIDTHS.get(character, WIDEST) for character in plain) * (BOLD if bold else 1)
        if tag:
            at, bold = tag.end(), tag[0] == "<b>" or (bold and tag[0] != "</b>")
    return wide


def wrap(text: str, room_px: float, size_px: float) -> str:
    """`text` broken at spaces into lines of at most `room_px` in letters of `size_px`, joined by <br>.

    A word that is wider stands in a line of its own.
    """
    done, line = list[str](), ""
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and width_px(longer, size_px) > room_px:
            done.append(line)
            longer = word
        line = longer
    return "<br>".join([*done, line])


def lines(text: str) -> int:
    """How many lines `text` has; none if it is empty."""
    return text.count("<br>") + 1 if text else 0


def line_px(size_px: float) -> int:
    """The height of a line in letters of `size_px`: Plotly draws them 1.3 times as far apart."""
    return math.ceil(1.3 * size_px)
