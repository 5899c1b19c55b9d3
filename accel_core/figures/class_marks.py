"""What pictures of a class share: names that nobody here chose, faintness by number, the own machine's mark."""

from __future__ import annotations

from accel_core.figures.drawing.look import Look
from accel_core.figures.drawing.text import shown
from accel_core.readings.members import Member

LONGEST_NAME = 40
OWN = "diamond"
OWN_PX, RING_PX, OWN_RING_PX = 15, 14, 24
MOST_HOVERS = 3_000
"""More hover texts than these make a browser slow; the tables name everybody."""


def safe_name(member: Member) -> str:
    """The name of a machine as Plotly may show it."""
    return shown(member.name, LONGEST_NAME)


def whose(member: Member) -> str:
    """ "<b>name</b>, its processor" for a hover."""
    cpu = shown(member.machine.cpu)
    return f"<b>{'This machine' if member.own else safe_name(member)}</b>, {cpu}"


def strength(machines: int, least: float = 0.12) -> float:
    """How strong one of so many machines is drawn, so that a crowd shows where it is dense."""
    return max(least, min(0.85, 12 / max(machines, 1)))


def dot_px(machines: int) -> int:
    """The size of one machine's dot among so many."""
    return 10 if machines <= 30 else 8 if machines <= 120 else 6


def own_marker(look: Look) -> dict[str, object]:
    """The mark of the machine that runs the app."""
    return {
        "symbol": OWN,
        "size": OWN_PX,
        "color": look.level(None),
        "line": {"color": look.background, "width": 1.5},
    }
