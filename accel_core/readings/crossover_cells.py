"""What stands where on a crossover map: rows are kinds of shape, columns sizes, each cell is one contest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accel_core.contest import Contest
from accel_core.model import Shape
from accel_core.operations import ELEMENTS, OPERATIONS, PRODUCT


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
Contests = Mapping[str, Sequence[Contest]]
"""Layout -> contests of one operation and dtype."""


def backend_label(name: str) -> Label:
    """The label of the backend called `name`; one from elsewhere is called by its name and drawn in ink."""
    return LABELS.get(name) or Label(name, name, "")


@dataclass(frozen=True, slots=True)
class Row:
    """A kind of shape: its title, what it means, how its operands lie, and the lengths at each size."""

    title: str
    meaning: str
    layout: str
    lengths: Mapping[int, Shape]


@dataclass(frozen=True, slots=True)
class Cell:
    """A contest and its place on the map."""

    row: int
    size: int
    contest: Contest


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


def cells(operation: str, contests: Contests) -> list[Cell]:
    """The cells that were measured."""
    known = {(layout, contest.lengths): contest for layout in contests for contest in contests[layout]}
    return [
        Cell(at, size, known[row.layout, lengths])
        for at, row in enumerate(map_rows(operation))
        for size, lengths in row.lengths.items()
        if (row.layout, lengths) in known
    ]
