"""What somebody else wrote (a name, an error, code), made fit to be looked at."""

from __future__ import annotations

import unicodedata
from itertools import groupby

from accel_core.errors import printable

LONGEST_NAME, LONGEST_SAID = 40, 2_000
HIDDEN = frozenset({"Cc", "Cf", "Co", "Cn", "Cs", "Zl", "Zp"})
"""Categories of Unicode that move, reverse or hide what stands beside them, or that no font shows: controls,
formats (overrides of the direction among them), private use, unassigned, separators of lines."""
MOST_MARKS = 2
"""Accents on one letter: more of them climb over the lines above."""


def plain(text: str, most: int = LONGEST_SAID, *, keep: str = "\n\t") -> str:
    """`text` in which everything can be seen: what is hidden stands as its code, and no more than `most`.

    U+202E, which turns round the order of letters, becomes the six signs `\\u202e`. What is in `keep` stays.
    """
    cut = printable(text[:most])
    seen = "".join(_seen(sign, keep) for sign in cut)
    few = (
        "".join(list(run)[: MOST_MARKS if mark else None])
        for mark, run in groupby(seen, lambda sign: bool(unicodedata.combining(sign)))
    )
    return "".join(few) + ("…" if len(text) > most else "")


def _seen(sign: str, keep: str) -> str:
    if sign in keep or unicodedata.category(sign) not in HIDDEN:
        return sign
    return sign.encode("unicode_escape").decode("ascii")


def plain_name(name: str) -> str:
    """A name in one short line."""
    return plain(name, LONGEST_NAME, keep="")
