"""The operations that a program asks backends for, each the problem of the workload of the same name.

This is all that calibrating, choosing, jobs, the command line and pages know of them.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from accel_core.errors import BadInput, quoted, unknown
from accel_core.model import Shape
from accel_core.model.words import sum_tolerance

Axes = tuple[tuple[int, ...], ...]
"""The lengths of a grid along each of its axes, rising."""
LAYOUTS = ("C", "transposed", "strided")
"""How the operands lie in memory: all row by row; one of a product column by column; with gaps."""
MOST_BATCH_FLOP = 10**9
MOST_BATCH_BYTES = 1 << 26
"""Of the three arrays of a batch in float64: past either, a batch goes as the largest measured one goes."""

_SIDES = (1, 2, 8, 32, 128, 512, 2048)
_FEW = (8, 32, 128)
_COARSE = (8, 64, 512, 2048)
_ELEMENTS = (*(2**power for power in range(16)), *(2**power for power in range(16, 23, 2)))
_GAPS = {"C": "C", "transposed": "strided", "strided": "strided"}


@dataclass(frozen=True)
class Form:
    """How operands are taken: as matrices, element by element or row by row, and what follows from it."""

    lengths: tuple[str, ...]
    """Names of the numbers that decide the time."""
    lengths_of: Callable[[Shape], Shape]
    """Shape as `explain` takes it -> the lengths."""
    square: Callable[[int], Shape]
    """Side -> the lengths of square operands."""
    grids: Mapping[str, tuple[Axes, ...]]
    """Layout -> the grids of lengths at which backends are timed; the second one is that of batches."""
    size_means: str
    """The one number that changes along a crossover map."""
    sizes: tuple[int, ...] = (2, 8, 32, 128, 512, 2048)
    """The columns of the map."""
    layouts: Mapping[str, str] = field(default_factory=lambda: _GAPS)
    """Each of LAYOUTS -> the one that a choice looks up: only a product knows columns, and it knows no gaps."""
    most_steps: int = 1 << 26
    """Of the plain loops, past which a shape would take too long under every backend."""
    steps_per_s: float = 4e8
    """About what a core does, to share out the time: large shapes get more."""


def _product_lengths(shape: Shape) -> Shape:
    if len(shape) not in (3, 4):
        raise BadInput(f"shape is {quoted(shape)}; matmul takes m, k, n or batch, m, k, n.")
    return shape if len(shape) == 4 else (1, *shape)


PRODUCT = Form(
    lengths=("batch", "m", "k", "n"),
    lengths_of=_product_lengths,
    square=lambda side: (1, side, side, side),
    grids={
        "C": (((1,), _SIDES, _SIDES[1:], _SIDES), ((4, 64, 1024), _FEW, _FEW, _FEW)),
        "transposed": (((1,), _COARSE, _COARSE, _COARSE),),
    },
    size_means="n (elements a side)",
    layouts={"C": "C", "transposed": "transposed", "strided": "C"},
    most_steps=1 << 35,  # 3251 cubed
    steps_per_s=2e10,
)
ELEMENTS = Form(
    lengths=("elements",),
    lengths_of=lambda shape: (math.prod(shape),),
    square=lambda side: (side * side,),
    grids={"C": ((_ELEMENTS,),), "strided": (((16, 256, 4096, 65536, 2**22),),)},
    size_means="Elements of x",
    sizes=(2**4, 2**8, 2**12, 2**14, 2**16, 2**20, 2**22),
)
ROWS = Form(
    lengths=("rows", "columns"),
    lengths_of=lambda shape: (math.prod(shape[:-1]), shape[-1]),
    square=lambda side: (side, side),
    grids={"C": ((_SIDES, _SIDES),), "strided": ((_COARSE, _COARSE),)},
    size_means="Columns (elements of a row)",
)


def _few_roundings(lengths: Shape, dtype: str) -> float:
    """Some tens of roundings in float32; in float64 what a compiled exp or tanh may be off by (1e-12 of it)
    four times over."""
    return {"float32": 4e-6, "float64": 4e-12}[dtype]


@dataclass(frozen=True)
class Operation:
    """An operation on arrays that every backend has as a method of this name."""

    name: str
    form: Form
    arrays: tuple[str, ...]
    """Names of the arrays that it needs."""
    optional: tuple[str, ...] = ()
    """Names of those that may be left out."""
    defaults: tuple[float | None, ...] = ()
    """What a backend's `plain_` method is given after `arrays` where a caller says nothing."""
    measured: tuple[str, ...] = ("C", "strided")
    """The layouts in which backends are timed; by rule, all others go to NumPy."""
    tolerance: Callable[[Shape, str], float] = _few_roundings
    """(lengths, dtype) -> largest error of a result relative to its largest element."""
    numpy_suffices: str = ""
    """Why the rule leaves it to NumPy, in a sentence; empty where a loop of one pass over memory is faster."""

    @property
    def arguments(self) -> tuple[str, ...]:
        """The names of all its arrays, in order."""
        return (*self.arrays, *self.optional)

    @property
    def code(self) -> str:
        """The call as a program writes it: "add(a, b)"."""
        return f"{self.name}({', '.join('ab'[: len(self.arrays)])})"

    def operand_shapes(self, lengths: Shape) -> tuple[Shape, ...]:
        """The shapes of `arrays` at `lengths`."""
        if self.form is not PRODUCT:
            return (lengths,) * len(self.arrays)
        batch, m, k, n = lengths
        lead = (batch,) if batch > 1 else ()
        return (*lead, m, k), (*lead, k, n)

    def grid(self, layout: str, lengths: Sequence[float]) -> Axes | None:
        """The grid that `lengths` belong to; None where none is measured."""
        grids = self.form.grids[layout] if layout in self.measured else ()
        return next(iter(grids[self.form is PRODUCT and lengths[0] > 1 :]), None)

    def points(self, layout: str) -> Iterator[Shape]:
        """All lengths at which backends are timed in a layout of `measured`."""
        for axes in self.form.grids[layout]:
            yield from (lengths for lengths in itertools.product(*axes) if self._is_affordable(lengths))

    def _is_affordable(self, lengths: Shape) -> bool:
        if self.form is not PRODUCT or lengths[0] == 1:
            return True
        batch, m, k, n = lengths
        size_bytes = 8 * batch * (m * k + k * n + m * n)
        return 2 * math.prod(lengths) <= MOST_BATCH_FLOP and size_bytes <= MOST_BATCH_BYTES


OPERATIONS = {
    operation.name: operation
    for operation in (
        Operation(
            "matmul",
            PRODUCT,
            ("a", "b"),
            measured=("C", "transposed"),
            tolerance=lambda lengths, dtype: sum_tolerance(lengths[2], dtype),  # as the workload has it
            numpy_suffices="a matrix product goes to the library behind NumPy.",
        ),
        Operation("gelu", ELEMENTS, ("x",)),
        Operation(
            "add",
            ELEMENTS,
            ("x", "y"),
            measured=("C",),
            numpy_suffices="NumPy's own sum is one pass over memory already.",
        ),
        Operation("softmax", ROWS, ("x",)),
        Operation(
            "layer_norm",
            ROWS,
            ("x",),
            optional=("gamma", "beta"),
            defaults=(None, None, 1e-5),
            # in few columns entries may all but cancel, which magnifies roundings up to 1 / √eps, 316 times
            tolerance=lambda lengths, dtype: 316 * _few_roundings(lengths, dtype),
        ),
    )
}
"""All of them, by name, in the order of every table and page."""


def find_operation(name: object) -> Operation:
    """The operation called `name`; BadInput with the known ones where there is none."""
    found = OPERATIONS.get(name) if isinstance(name, str) else None
    if found is None:
        raise BadInput(unknown("operation", name, OPERATIONS, f"known operations: {', '.join(OPERATIONS)}"))
    return found


def operation_names() -> str:
    """The names of all operations as a text: "matmul, gelu or add"."""
    *names, last = OPERATIONS
    return f"{', '.join(names)} or {last}"
