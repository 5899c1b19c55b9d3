"""What a model is made of: arrays, passes over them, and three ways to count their bytes.

The three byte conventions:

- "least": compulsory traffic. Every input is read once and every output written once; whatever lies between
  stays in registers or caches. It belongs to the problem, not to the program.
- "stream": as STREAM counts (J. D. McCalpin, stream.c, 1991-2013). Every pass over memory counts each array it
  reads once and each array it writes once; reuse within a pass is served by caches.
- "write_allocate": as "stream", and a line that is written without having been read in that pass is read first,
  which is what ordinary stores do on most processors.

Two conventions for FLOP hold in every model: a fused multiply-add is two, and exp, tanh, a square root, a
division and a comparison of floating-point numbers are one each, however many instructions they take.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from math import prod

from accel_core.errors import BadInput, quoted, whole
from accel_core.model import ITEM_BYTES, Shape
from accel_core.units import format_number

CONVENTIONS = ("least", "stream", "write_allocate")
LONGEST = 2**63 - 1
"""No array axis is longer: NumPy's index type is a signed 64-bit integer."""

_MEANING = {
    "least": "every input read once, every output written once",
    "stream": "each pass counts each array it reads and each array it writes",
    "write_allocate": "as STREAM counts, and lines written without being read are read first",
}


@dataclass(frozen=True, slots=True)
class Array:
    """An array of `prod(dims)` elements of `item_bytes` bytes each."""

    name: str
    dims: tuple[int, ...]
    item_bytes: int

    @property
    def size_bytes(self) -> int:
        """Bytes of all its elements."""
        return prod(self.dims) * self.item_bytes

    def text(self, times: int) -> str:
        """Its traffic with the numbers put in: `2×a 64·32·4 B`."""
        lead = f"{times}×" if times != 1 else ""
        return f"{lead}{self.name} {'·'.join(map(str, (*self.dims, self.item_bytes)))} B"


Access = tuple[Array, int]
"""An array and how many times a pass moves the whole of it."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One sweep over memory: the arrays it reads and writes."""

    reads: tuple[Access, ...]
    writes: tuple[Access, ...] = ()

    def allocations(self) -> tuple[Access, ...]:
        """What is read only because it is about to be written."""
        read = dict(self.reads)
        extra = ((array, times - read.get(array, 0)) for array, times in self.writes)
        return tuple((array, times) for array, times in extra if times > 0)


@dataclass(frozen=True, slots=True)
class Work:
    """What one run computes and moves. Every input is read, and every output written, in at least one pass."""

    flop: int
    flop_text: str
    """The FLOP formula with the numbers put in."""
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]
    passes: tuple[Pass, ...]

    def moved(self, convention: str) -> dict[tuple[str, Array], int]:
        """("read", "allocate" or "write", array) -> how often the whole of it moves under `convention`."""
        least = convention == "least"
        compulsory = Pass(tuple((a, 1) for a in self.inputs), tuple((a, 1) for a in self.outputs))
        counted: Counter[tuple[str, Array]] = Counter()
        for step in (compulsory,) if least else self.passes:
            counted.update({("read", array): times for array, times in step.reads})
            if convention == "write_allocate":
                counted.update({("allocate", array): times for array, times in step.allocations()})
            counted.update({("write", array): times for array, times in step.writes})
        return {way: times for way, times in counted.items() if times}


@dataclass(frozen=True, slots=True)
class Axis:
    """One entry of a model's shape."""

    name: str
    default: int
    meaning: str
    low: int = 0
    high: int = LONGEST


@dataclass(frozen=True, slots=True)
class Intensity:
    """Work and traffic of one run, and how they were counted."""

    flop: int
    bytes: int
    flop_per_byte: float | None
    """None where nothing is moved."""
    derivation: str
    """The formulas with the numbers put in."""
    source: str


@dataclass(frozen=True, slots=True)
class Model:
    """FLOP and bytes of one operation as functions of its shape."""

    name: str
    title: str
    formula: str
    """What is computed, as one line of mathematics."""
    flop_formula: str
    parameters: tuple[Axis, ...]
    work: Callable[[Shape, int], Work]
    """(shape, bytes of an element) -> Work."""
    source: str
    """Where the counts come from or can be checked."""

    @property
    def axes(self) -> tuple[str, ...]:
        """The names of its parameters."""
        return tuple(axis.name for axis in self.parameters)

    @property
    def defaults(self) -> Shape:
        """The default of each parameter, as a shape."""
        return tuple(axis.default for axis in self.parameters)

    def estimate(self, shape: Shape, dtype: str = "float32", convention: str = "least") -> Intensity:
        """FLOP, bytes and FLOP/B of `shape` (one whole number for each of `axes`), as exact integers.

        Raises BadInput for a wrong number of axes, an entry out of its range or no whole number, an unknown
        dtype (ITEM_BYTES) or an unknown convention (CONVENTIONS).
        """
        work, total = self._counted(shape, dtype, convention)
        ratio = work.flop / total if total else None
        return Intensity(work.flop, total, ratio, self._derivation(work, convention, total, ratio), self.source)

    def bytes_moved(self, shape: Shape, dtype: str = "float32", convention: str = "least") -> int:
        """The bytes of `estimate` without its sentences, which take most of its time; BadInput as there."""
        return self._counted(shape, dtype, convention)[1]

    def _counted(self, shape: Shape, dtype: str, convention: str) -> tuple[Work, int]:
        """The work and the bytes that it moves."""
        dtype = str(dtype)  # numpy's own dtype objects are welcome
        _check_choice("dtype", dtype, tuple(ITEM_BYTES))
        _check_choice("byte convention", convention, CONVENTIONS)
        work = self.work(self._checked(shape), ITEM_BYTES[dtype])
        return work, sum(array.size_bytes * times for (_, array), times in work.moved(convention).items())

    def _checked(self, shape: Shape) -> Shape:
        if isinstance(shape, str | bytes) or not hasattr(shape, "__len__"):
            raise BadInput(f"The shape {quoted(shape)} is no sequence of numbers: {self._wanted()}.")
        if len(shape) != len(self.axes):
            raise BadInput(f"The shape has {len(shape)} entries: {self._wanted()}.")
        for axis, entry in zip(self.parameters, shape, strict=True):
            value = whole(entry)
            if value is None:
                raise BadInput(f"{axis.name} is {quoted(entry)}, which is no whole number: {self._wanted()}.")
            if not axis.low <= value <= axis.high:
                span = f"between {axis.low} and {axis.high}"
                raise BadInput(f"{axis.name} is {_short(value)}, but it must lie {span}: {self._wanted()}.")
        return tuple(map(int, shape))

    def _wanted(self) -> str:
        example = ",".join(map(str, self.defaults))
        return (
            f"{self.name} takes {len(self.axes)} whole numbers ({', '.join(self.axes)}), for instance {example}"
        )

    def _derivation(self, work: Work, convention: str, total: int, ratio: float | None) -> str:
        parts = work.moved(convention).items()
        moved = " + ".join(f"{how} {array.text(times)}" for (how, array), times in parts)
        intensity = f"{format_number(ratio)} FLOP/B" if ratio is not None else "undefined, as nothing is moved"
        return (
            f"FLOP = {' = '.join(dict.fromkeys((self.flop_formula, work.flop_text, str(work.flop))))}. "
            f"Bytes ({convention}: {_MEANING[convention]}) = {moved or '0'} = {total}. "
            f"Intensity = {work.flop} / {total} = {intensity}."
        )


def _check_choice(what: str, given: str, allowed: tuple[str, ...]) -> None:
    if given not in allowed:
        raise BadInput(f"The {what} {quoted(given)} is not known here: choose one of {', '.join(allowed)}.")


def _short(value: int) -> str:
    """A number for a message; one with thousands of digits is only described."""
    return str(value) if value.bit_length() < 200 else f"a number of {value.bit_length()} bits"
