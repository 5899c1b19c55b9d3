"""What a crossover map says: for those who cannot see it, and for this reader's numbers."""

from __future__ import annotations

import itertools
from collections import Counter

from accel_core.contest import Contest
from accel_core.readings.crossover_cells import Contests, backend_label, cells, map_rows
from accel_core.units import format_number


def lead_text(contest: Contest, digits: int = 3) -> str:
    """How many times as long the next best takes, as ×1.31; or that it is a tie."""
    if contest.margin is None:
        return "alone"
    if contest.is_tie:
        return "tie"
    return f"×{format_number(contest.margin, digits)}"


def size_text(size: int) -> str:
    """2048, and from there in powers of two as everybody says them: 64k, 4M."""
    if size >= 1 << 20:
        return f"{size >> 20}M"
    return f"{size >> 10}k" if size >= 1 << 12 else str(size)


def crossover_alt(operation: str, contests: Contests) -> str:
    """Who wins where, row by row."""
    shown = cells(operation, contests)
    rows = map_rows(operation)
    parts = []
    for at in sorted({cell.row for cell in shown}):
        words = [
            f"{cell.size} {backend_label(cell.contest.winner).short} {lead_text(cell.contest)}"
            for cell in shown
            if cell.row == at
        ]
        parts.append(f"{rows[at].title}: {', '.join(words)}")
    told = "; ".join(parts) or "nothing measured yet"
    return (
        f"Fastest backend for {operation} by kind of shape and size, with its lead over the next best: {told}."
    )


def crossover_reading(operation: str, contests: Contests) -> str:
    """Who wins how often, where it changes along the first row, and the greatest lead; empty without cells."""
    shown = cells(operation, contests)
    if not shown:
        return ""
    won = Counter("tie" if cell.contest.is_tie else cell.contest.winner for cell in shown)
    ties = won.pop("tie", 0)
    parts = [f"**{backend_label(name).title}** at {count}" for name, count in won.most_common()]
    close = f"; at {ties} the samples cannot tell" if ties else ""
    sentences = [f"Fastest of {len(shown)} shapes: {', '.join(parts) or 'nobody'}{close}."]
    first = [cell for cell in shown if cell.row == shown[0].row]
    changes = [
        f"from {size_text(cell.size)} on {backend_label(cell.contest.winner).title}"
        for before, cell in itertools.pairwise(first)
        if cell.contest.winner != before.contest.winner
    ]
    title = map_rows(operation)[shown[0].row].title
    if changes:
        start = backend_label(first[0].contest.winner).title
        sentences.append(f"In the row “{title}” it begins with {start}, then {', '.join(changes)}.")
    else:
        sentences.append(f"In the row “{title}” nobody overtakes.")
    lead = max((c for c in shown if c.contest.margin), key=lambda c: c.contest.margin or 0, default=None)
    if lead is not None and lead.contest.margin and lead.contest.second:
        sentences.append(
            f"A wrong choice costs most in “{map_rows(operation)[lead.row].title}” at {size_text(lead.size)}: "
            f"even the second best, {backend_label(lead.contest.second).title}, takes "
            f"{format_number(lead.contest.margin)} times as long."
        )
    return " ".join(sentences)
