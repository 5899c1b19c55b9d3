"""Ratios and shares, as people say them."""

from __future__ import annotations

from accel_core.units import format_number, format_ratio

EVEN, FLAT = 0.05, 1.1
"""Speeds that differ by less than this part are called as fast: a machine's own restlessness is no gain. Curves
whose fastest and slowest point differ by less than this factor are flat."""


def is_even(gain: float) -> bool:
    """Whether speeds with this ratio count as the same."""
    return 1 - EVEN <= gain <= 1 + EVEN


def ratio_text(gain: float) -> str:
    """ "36 times faster than", "1.3 times slower than"; what nobody could repeat is "as fast as"."""
    return "as fast as" if is_even(gain) else f"{format_ratio(gain)} than"


def times(ratio: float) -> str:
    """A ratio above one as said aloud: "36 times"; "1.2 times"."""
    return f"{format_number(ratio, 2 if ratio < 10 else 3)} times"


def share_text(share: float) -> str:
    """A part of a roof as one says it: "0.88", "1/37" under a tenth."""
    return format_number(share, 2) if share >= 0.0995 else f"1/{format_number(1 / share, 2)}"
