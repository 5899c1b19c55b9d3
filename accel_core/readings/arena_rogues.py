"""A cheat of the rogues' gallery, as it is shown: its code without the answer, and how the guess fared."""

from __future__ import annotations

from collections.abc import Mapping

from accel_core.arena.rogues import CONTINUED, FIELDS, Rogue
from accel_core.model.arena import ACCEPTED, QUARANTINED, REFUSED

FATES: Mapping[str, str] = {
    REFUSED: "Refused: it is wrong, or does what is not allowed",
    QUARANTINED: "Set aside: it is faster than the machine",
    ACCEPTED: "Scored honestly: what it tries brings nothing",
}
"""By verdict, as a choice says it."""


def body(one: Rogue) -> str:
    """The code below the header, which has the answer in it."""
    lines = one.code.splitlines()
    while lines and (FIELDS.fullmatch(lines[0]) or lines[0].startswith(CONTINUED)):
        lines.pop(0)
    return "\n".join(lines).strip("\n")


def reveal_text(one: Rogue, guess: str | None, verdict: str) -> str:
    """Whether the guess was right, and whether the defence is complete."""
    right = "You guessed it." if guess == verdict else "You expected something else." if guess else ""
    kept = "" if verdict == one.verdict else f" In the gallery's record it is {one.verdict}."
    partly = f" The defence holds {one.holds}." if one.holds.startswith("partly") else ""
    return f"{right}{kept}{partly}".strip()


def recorded_text(one: Rogue) -> str:
    """What the gallery has on record, where it cannot be judged here."""
    fate = FATES.get(one.verdict, one.verdict)
    said = f" It is told: “… {one.says} …”" if one.says else ""
    return f"On record, not judged here. {fate}.{said}"
