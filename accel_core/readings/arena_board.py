"""The board of an event: who stands where under the roof, and beside which rungs of the ladder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accel_core.readings.arena_text import plain_name
from accel_core.readings.estimates import ends_text
from accel_core.units import format_number, format_rate

ROOF = 100.0
"""The score of an entry that takes as long as this machine's roof allows, at every size."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the board: the best entry of a person, or a rung that ran in turns with the entries."""

    name: str
    """The nickname, or the title of the rung."""
    score: float
    low: float | None = None
    high: float | None = None
    rank: int | None = None
    """None for a rung: it takes part without a place."""
    shared: bool = False
    """Whether others have the same rank."""
    entry: str = ""
    """The id of the entry; empty for a rung."""
    family: str = ""
    """Of a rung: the family of kernels."""
    when: str = ""
    """ISO 8601, UTC."""
    built_on: str = ""
    """Whose code it is built on."""
    own: bool = False
    """Whether it is that of the person who looks."""

    @property
    def place(self) -> str:
        """ "2", or "2=" where the rank is shared; empty for a rung."""
        return "" if self.rank is None else f"{self.rank}{'=' if self.shared else ''}"


def people(lines: Sequence[Line]) -> list[Line]:
    """The lines that have a rank."""
    return [line for line in lines if line.rank is not None]


def score_text(score: float | None) -> str:
    """A score as one says it: "68.2", "0.412"."""
    return "none" if score is None else format_number(score)


def interval_text(line: Line) -> str:
    """ "66.9 to 69.4"; empty where there is no interval, or where it is narrower than three digits show."""
    low, high = (None if end is None else score_text(end) for end in (line.low, line.high))
    return "" if low == high else ends_text(line.low, line.high, score_text)


def board_reading(lines: Sequence[Line]) -> str:
    """Who is nearest to the roof, beside the best rung that they passed, and how many cannot be told apart."""
    ranked = people(lines)
    if not ranked:
        return ""
    best = max(ranked, key=lambda line: line.score)
    first = [line for line in ranked if line.rank == best.rank]
    ends = interval_text(best)
    said = f"The best score is **{score_text(best.score)}** of {ROOF:.0f}"
    said += f" (interval {ends})" if ends else ""
    sentences = [f"{said}: {format_number(best.score / ROOF, 2)} of the speed that the roof allows."]
    if len(first) > 1:
        why = "what was measured cannot tell them apart" if best.low is not None else "their scores are equal"
        sentences.append(f"{len(first)} share the first rank: {why}.")
    rungs = [line for line in lines if line.rank is None]
    passed = max((r for r in rungs if r.score < best.score), key=lambda r: r.score, default=None)
    ahead = min((r for r in rungs if r.score >= best.score), key=lambda r: r.score, default=None)
    if passed:
        sentences.append(
            f"It is {format_number(best.score / passed.score)} times the score of “{passed.name}”, the highest "
            "rung below it."
        )
    if ahead:
        sentences.append(f"“{ahead.name}” is ahead with {score_text(ahead.score)}.")
    return " ".join(sentences)


def roofs_text(flop_per_s: float, threads: int, measured: str) -> str:
    """By what all scores of a board are made: the flat roof, and when a roof was measured last."""
    on = "one thread" if threads == 1 else f"{threads} threads"
    return (
        f"All scores are held against the same roofs, the best that this machine is known to reach "
        f"({format_rate(flop_per_s, 'FLOP/s')} on {on}; last measured {measured[:10]})."
    )


def board_alt(lines: Sequence[Line]) -> str:
    """Every row from the top, with its score."""
    if not lines:
        return "The board is empty: nobody has handed in yet."
    told = (
        f"{'rank ' + line.place if line.rank is not None else 'for comparison'} {plain_name(line.name)} "
        f"{score_text(line.score)}"
        for line in sorted(lines, key=lambda line: -line.score)
    )
    return f"Scores under the roof at {ROOF:.0f}: {'; '.join(told)}."


def board_rows(lines: Sequence[Line]) -> list[dict[str, Any]]:
    """The table of those who have a rank, in the order of the board."""
    return [
        {
            "Rank": line.place,
            "Who": plain_name(line.name),
            "Score": float(score_text(line.score)),
            "Interval": interval_text(line),
            "Built on": plain_name(line.built_on),
            "Handed in (UTC)": line.when[:16].replace("T", " "),
        }
        for line in people(lines)
    ]
