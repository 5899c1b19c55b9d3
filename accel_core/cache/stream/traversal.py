"""A traversal of the matrix product as plain data: which loops, which blocks, where the arrays lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from accel_core.cache.geometry import PAGE_BYTES
from accel_core.cache.stream.visits import VISITS
from accel_core.codec import PlainData
from accel_core.errors import BadInput, is_whole, quoted
from accel_core.model import DTYPES, ITEM_BYTES

ORDERS = ("ijk", "ikj", "jik", "jki", "kij", "kji")
LAYOUTS = ("row", "column")
AXES = "ijk"
NAMES = "ABC"
OPERAND_AXES = ("ik", "kj", "ij")
"""Row and column index of a, b and c."""
TILE = 4
"""Side of the register tile."""
MOST_ELEMENTS = 1 << 28
"""Of one array: a little more than side 16,384."""


@dataclass(frozen=True, slots=True)
class Operand:
    """Where one matrix lies: a is (m, k), b is (k, n), c is (m, n)."""

    name: str
    rows: int
    columns: int
    base: int
    """Address of the first element."""
    leading: int
    """Elements from the start of a row (column, where columns are contiguous) to that of the next."""
    by_rows: bool
    itemsize: int

    @property
    def row_bytes(self) -> int:
        """From an element to the one below it."""
        return self.itemsize * (self.leading if self.by_rows else 1)

    @property
    def column_bytes(self) -> int:
        """From an element to the one at its right."""
        return self.itemsize * (1 if self.by_rows else self.leading)

    @property
    def size_bytes(self) -> int:
        """With the padding."""
        return self.itemsize * self.leading * (self.rows if self.by_rows else self.columns)

    def element(self, address: int) -> tuple[int, int] | None:
        """Row and column of the element that holds `address`; None in padding or outside."""
        major, minor = divmod((address - self.base) // self.itemsize, self.leading)
        row, column = (major, minor) if self.by_rows else (minor, major)
        return (row, column) if 0 <= row < self.rows and 0 <= column < self.columns else None


@dataclass(frozen=True, slots=True)
class Traversal(PlainData):
    """One way through c += a b with a (m, k), b (k, n), c (m, n). BadInput where it makes no sense."""

    shape: tuple[int, int, int]
    """m, k, n."""
    order: str = "ijk"
    """The loops from outside in; of the blocks too, where `visit` does not say otherwise."""
    block: tuple[int, int, int] | None = None
    """Block lengths of i, j and k; None: not blocked. A length beyond the extent means one block."""
    tile: bool = False
    """4 x 4 elements of c in registers while k runs (innermost: order ijk or jik)."""
    visit: str | None = None
    """Order of the blocks of c: "row", "column", "morton" or "hilbert"; for each, k runs block by block."""
    layout: str = "row"
    """"row" or "column": which of the three arrays' elements are neighbours."""
    pad: int = 0
    """Elements added to each row (column, where columns are contiguous) and never touched."""
    dtype: str = "float32"

    def __post_init__(self) -> None:
        _check_lengths("shape", self.shape, "m, k and n")
        for name, allowed in (("order", ORDERS), ("layout", LAYOUTS), ("dtype", DTYPES)):
            if getattr(self, name) not in allowed:
                raise BadInput(f"The {name} is {quoted(getattr(self, name))}: use {', '.join(allowed)}.")
        if self.block is not None:
            _check_lengths("block", self.block, "i, j and k")
        if self.visit is not None and (self.visit not in VISITS or self.block is None):
            visits = ", ".join(VISITS)
            raise BadInput(f"The visit is {quoted(self.visit)}: use {visits}, together with a block.")
        if not isinstance(self.tile, bool) or (self.tile and self.order[2] != "k"):
            raise BadInput(
                f"A register tile of c needs k as the innermost loop, not {self.order}: use ijk or jik."
            )
        if not is_whole(self.pad, 0, PAGE_BYTES):
            raise BadInput(
                f"The pad is {quoted(self.pad)}: give a whole number of elements from 0 to {PAGE_BYTES}."
            )
        m, k, n = self.shape
        if max((m + self.pad) * k, (k + self.pad) * n, (m + self.pad) * n, m * (n + self.pad)) > MOST_ELEMENTS:
            raise BadInput(
                f"Arrays for m, k, n = {m}, {k}, {n} are too large to simulate: at most 16384 a side."
            )

    @property
    def extents(self) -> tuple[int, int, int]:
        """How far i, j and k run: m, n, k."""
        m, k, n = self.shape
        return m, n, k

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return ITEM_BYTES[self.dtype]

    @property
    def operands(self) -> tuple[Operand, Operand, Operand]:
        """a, b and c, one after another, each on a page boundary; a begins at address 0."""
        extents = dict(zip(AXES, self.extents, strict=True))
        found: list[Operand] = []
        base = 0
        for name, axes in zip(NAMES, OPERAND_AXES, strict=True):
            rows, columns = (extents[axis] for axis in axes)
            leading = (columns if self.layout == "row" else rows) + self.pad
            found.append(Operand(name, rows, columns, base, leading, self.layout == "row", self.itemsize))
            base += -(-found[-1].size_bytes // PAGE_BYTES) * PAGE_BYTES
        return found[0], found[1], found[2]

    @property
    def footprint_bytes(self) -> int:
        """From the first address to the end of c."""
        last = self.operands[2]
        return last.base + last.size_bytes

    @property
    def least_bytes(self) -> int:
        """a and b read once, c written once: no cache can move less."""
        m, k, n = self.shape
        return self.itemsize * (m * k + k * n + m * n)

    @property
    def accesses(self) -> int:
        """Length of the stream, by counting the nest."""
        m, n, k = self.extents
        everything = m * n * k
        runs = -(-self.extents[self._inner] // self.blocks[self._inner])
        if self._inner != AXES.index("k"):
            return 3 * everything + runs * everything // self.extents[self._inner]
        if not self.tile:
            return 2 * everything + 2 * runs * m * n
        tall, wide = (_tiles(self.extents[axis], self.blocks[axis]) for axis in (0, 1))
        return k * (m * wide + n * tall) + 2 * runs * m * n

    @property
    def blocks(self) -> tuple[int, int, int]:
        """Block lengths of i, j and k, at most the extent."""
        lengths = self.block or self.extents
        i, j, k = (min(length, extent) for length, extent in zip(lengths, self.extents, strict=True))
        return i, j, k

    @property
    def _inner(self) -> int:
        return AXES.index(self.order[2])

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Traversal:
        """The traversal that `to_dict` described; BadInput for other keys and impossible values."""
        if not isinstance(data, Mapping) or set(data) - set(cls.__slots__) or "shape" not in data:
            raise BadInput(f"A traversal has a shape and may have {', '.join(cls.__slots__[1:])}.")
        lists = {name: tuple(data[name]) for name in ("shape", "block") if isinstance(data.get(name), list)}
        return cls(**{**data, **lists})


def _tiles(extent: int, block: int) -> int:
    """Tiles along an axis: each block is cut into tiles of its own."""
    full, rest = divmod(extent, block)
    return full * -(-block // TILE) + -(-rest // TILE)


def _check_lengths(name: str, lengths: Any, what: str) -> None:
    good = isinstance(lengths, tuple) and len(lengths) == 3
    if not good or not all(is_whole(x, 1, (1 << 31) - 1) for x in lengths):
        raise BadInput(f"The {name} is {quoted(lengths)}: give three whole numbers above 0, {what}.")
    if name == "shape" and prod(lengths) > 1 << 50:
        raise BadInput(f"The shape {quoted(lengths)} has too many steps to be simulated: use a smaller one.")
