"""Limits of a server that the environment sets: how many may come, and how many may wait."""

from __future__ import annotations

import os

from accel_core.errors import BadInput, quoted


def limit(variable: str, usual: int) -> int:
    """What the environment `variable` says, `usual` where it says nothing; BadInput where it says no number."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise BadInput(
            f"{variable} is {quoted(text)}; a whole number from 1 on is allowed: correct it or unset it."
        )
    return int(text)
