"""What a crossover map says: for those who cannot see it, and for this reader's numbers."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accel_core.model import Shape
from accel_core.operations import ELEMENTS, OPERATIONS, PRODUCT
from accel_core.race import Race
from accel_core.units import format_number, format_time


class Label(NamedTuple):
    """How a backend is called and drawn."""

    title: str
    short: str
    family: str
    """Whose colour and marker it has."""


LABELS = {
    "naive": Label("Python loops", "Python", "interpreted"),
    "blocked": Label("NumPy in pieces", "pieces", "numpy"),
    "numpy": Label("NumPy", "NumPy", "library"),
    "compiled": Label("compiled, 1 thread", "compiled", "compiled"),
    "compiled_threads": Label("compiled, all threads", "threads", "packed"),
}
Races = Mapping[str, Sequence[Race]]
"""Layout -> races of one operation and dtype."""


def backend_label(name: str) -> Label:
    """The label of the backend called `name`; one from elsewhere is called by its name and drawn in ink."""
    return LABELS.get(name) or Label(name, name, "")


def ratio_text(race: Race, digits: int = 3) -> str:
    """How many times as long the next best takes, as ×1.31; or that it is a tie."""
    if race.margin is None:
        return "alone"
    if race.is_tie:
        return "tie"
    return f"×{format_number(race.margin, digits)}"


def size_text(size: int) -> str:
    """2048, and from there in powers of two as everybody says them: 64k, 4M."""
    if size >= 1 << 20:
        return f"{size >> 20}M"
    return f"{size >> 10}k" if size >= 1 << 12 else str(size)


def crossover_alt(operation: str, races: Races) -> str:
    """Who wins where, row by row."""
    shown = cells(operation, races)
    rows = map_rows(operation)
    parts = []
    for at in sorted({cell.row for cell in shown}):
        words = [
            f"{cell.size} {backend_label(cell.race.winner).short} {ratio_text(cell.race)}"
            for cell in shown
            if cell.row == at
        ]
        parts.append(f"{rows[at].title}: {', '.join(words)}")
    told = "; ".join(parts) or "nothing measured yet"
    return (
        f"Fastest backend for {operation} by kind of shape and size, with its ratio to the next best: {told}."
    )


def crossover_reading(operation: str, races: Races) -> str:
    """Who wins how often, where it changes along the first row, and the greatest ratio; empty without cells."""
    shown = cells(operation, races)
    if not shown:
        return ""
    won = Counter("tie" if cell.race.is_tie else cell.race.winner for cell in shown)
    ties = won.pop("tie", 0)
    parts = [f"**{backend_label(name).title}** at {count}" for name, count in won.most_common()]
    close = f"; at {ties} the samples cannot tell" if ties else ""
    sentences = [f"Fastest of {len(shown)} shapes: {', '.join(parts) or 'nobody'}{close}."]
    first = [cell for cell in shown if cell.row == shown[0].row and not cell.race.is_tie]
    changes = [
        f"from {size_text(cell.size)} on {backend_label(cell.race.winner).title}"
        for before, cell in itertools.pairwise(first)
        if cell.race.winner != before.race.winner
    ]
    title = map_rows(operation)[shown[0].row].title
    if changes:
        start = backend_label(first[0].race.winner).title
        sentences.append(f"In the row “{title}” it begins with {start}, then {', '.join(changes)}.")
    else:
        sentences.append(f"In the row “{title}” nobody overtakes.")
    clear = [cell for cell in shown if cell.race.margin and not cell.race.is_tie]
    worst = max(clear, key=lambda cell: cell.race.margin or 0, default=None)
    if worst is not None and worst.race.margin and worst.race.second:
        sentences.append(
            f"A wrong choice costs most in “{map_rows(operation)[worst.row].title}” at {size_text(worst.size)}"
            f": even the second best, {backend_label(worst.race.second).title}, takes "
            f"{format_number(worst.race.margin)} times as long."
        )
    return " ".join(sentences)


def race_alt(operation: str, race: Race | None) -> str:
    """Each backend's time."""
    if race is None:
        return f"Time of {operation} under each backend: not measured yet."
    lengths, times = race_rows(operation, race)
    return f"Time of {operation} at {lengths} under each backend: {'; '.join(times)}."


def race_rows(operation: str, race: Race) -> tuple[str, list[str]]:
    """The lengths of a race, and a backend's name with its time for each, the fastest first."""
    names = OPERATIONS[operation].form.lengths
    lengths = ", ".join(f"{name} {n}" for name, n in zip(names, race.lengths, strict=True))
    times = [f"{backend_label(n).title} {format_time(race.times_s[n].median)}" for n in race.order]
    return lengths, times


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of shape: its title, what it means, how its operands lie, and the lengths at each size."""

    title: str
    meaning: str
    layout: str
    lengths: Mapping[int, Shape]


@dataclass(frozen=True, slots=True)
class Cell:
    """A race and its place on the map."""

    row: int
    size: int
    race: Race


def map_rows(operation: str) -> tuple[Row, ...]:
    """The rows of the map of `operation`, from the top."""
    form = OPERATIONS[operation].form
    sizes = form.sizes
    if form is PRODUCT:
        part = {n: n // 16 for n in sizes if n >= 32}
        return (
            Row("square", "n × n times n × n", "C", {n: (1, n, n, n) for n in sizes}),
            Row("tall", "n × n/16 times n/16 × n/16", "C", {n: (1, n, t, t) for n, t in part.items()}),
            Row("wide", "n/16 × n/16 times n/16 × n", "C", {n: (1, t, t, n) for n, t in part.items()}),
            Row("thin sum", "n × n/16 times n/16 × n", "C", {n: (1, n, t, n) for n, t in part.items()}),
            Row("long sum", "n/16 × n times n × n/16", "C", {n: (1, t, n, t) for n, t in part.items()}),
            Row("one row", "1 × n times n × n", "C", {n: (1, 1, n, n) for n in sizes}),
            Row("64 squares", "64 products of n × n", "C", {n: (64, n, n, n) for n in sizes if 8 <= n <= 128}),
            Row("b turned", "square, b stored by columns", "transposed", {n: (1, n, n, n) for n in sizes}),
        )
    if form is ELEMENTS:
        lengths = {n: (n,) for n in sizes}
        rows = (
            Row("in order", "elements side by side", "C", lengths),
            Row("with gaps", "every second element of an array", "strided", lengths),
        )
        return tuple(row for row in rows if row.layout in OPERATIONS[operation].measured)
    return tuple(
        Row(f"{m} rows", f"{m} rows of as many columns as below", "C", {n: (m, n) for n in sizes})
        for m in sizes
    )


def cells(operation: str, races: Races) -> list[Cell]:
    """The cells that were measured."""
    known = {(layout, race.lengths): race for layout in races for race in races[layout]}
    return [
        Cell(at, size, known[row.layout, lengths])
        for at, row in enumerate(map_rows(operation))
        for size, lengths in row.lengths.items()
        if (row.layout, lengths) in known
    ]
