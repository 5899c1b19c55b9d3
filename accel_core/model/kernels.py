"""Problems and their ladders of kernels, and a case: one of them at one setting."""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from accel_core.codec import PlainData
from accel_core.errors import BadInput, quoted
from accel_core.model.late import Found
from accel_core.model.words import Shape


@dataclass(frozen=True, slots=True)
class Parameter:
    """A whole-number knob of a kernel, with the values that a page offers."""

    name: str
    default: int
    low: int
    high: int
    choices: tuple[int, ...] = ()
    idea: str = ""
    only: bool = False
    """Whether nothing but its choices is allowed."""


@dataclass(frozen=True, slots=True)
class Operator:
    """One step over whole arrays, and how many of them it reads and writes."""

    code: str
    reads: int = 1
    writes: int = 1


@dataclass(frozen=True, slots=True)
class Lesson:
    """Which question of the walk from slow code to fast code a rung answers, beside another of its ladder."""

    question: str
    """Its name in `studies.decisions`: "library"."""
    text: str
    """What the ratio of the two times is the price of."""
    size: int
    """At which both are timed where that is still to do."""
    against: str | None = None
    """Name of the rung beside it; None stands for the one that it changes."""
    cores: bool = False
    """Whether it runs on all cores, and the other on one."""


@dataclass(frozen=True)
class Kernel:
    """One rung of a ladder. All rungs of a workload are called alike: `function(*inputs, **parameters)`.

    `threads` is a parameter of the measurement, not of the function: it is set around the call. A rung that
    `writes_out` is also given `out`, an array for its result that is the same for every call of a measurement.
    """

    name: str
    title: str
    function: Callable[..., Any]
    family: str
    """"interpreted", "numpy", "compiled", "packed" or "library": its colour and marker everywhere."""
    idea: str
    """One sentence: the one change against `changed_from`."""
    explanation: str
    typical_flop_per_s: float
    """Order of magnitude on a slow core, only to refuse before it hangs; never shown as a result."""
    changed_from: str | None = None
    """Name of the rung that this one changes; None stands for the rung before (the first has none)."""
    parameters: tuple[Parameter, ...] = ()
    threaded: bool = False
    needs: tuple[str, ...] = ()
    """Names out of `Simd.features` without which it cannot run."""
    core: Callable[..., Any] | None = None
    """The loop nest itself where `function` only prepares arrays: its source is what a page shows."""
    strided: bool = False
    """Whether its inner loop walks down the rows of b as they lie in memory."""
    writes_out: bool = False
    """Whether it takes `out`, writes its result there and returns it, instead of allocating one each time."""
    waits_s: Callable[[Shape, Mapping[str, int]], float] | None = None
    """(shape, parameters) -> seconds of one call, on a slow core, that the interpreter adds to its FLOP."""
    removes: str = ""
    """What its change takes away from the rung before, as a clause: "the power is gone"."""
    brings: str = ""
    """What the change brought along where it does not pay: "the tanh is now one number at a time"."""
    operators: tuple[Operator, ...] = ()
    """Its passes over memory; what is small beside an array is left out. Empty where nobody counted."""
    arrays: int = 0
    """Whole arrays that its operators make and that are alive at once, at most; a result that it is given is
    none of them."""
    moved_bytes: Callable[[Shape, str], int] | None = None
    """(shape, dtype) -> bytes that this rung moves, each of its passes counted as STREAM counts; None where
    nobody counted. The least bytes belong to the problem, and are those of a rung that makes one pass."""
    moved_text: Callable[[Shape, str], str] | None = None
    """(shape, dtype) -> how `moved_bytes` are counted, with the numbers put in."""
    lesson: Lesson | None = None
    traversal: str = ""
    """Its loop order where the cache simulator generates its accesses: "ijk", or "ijk tile" with a tile of c in
    registers."""
    workload: str = ""
    """Name of the problem that it solves; its `Workload` says it."""

    @property
    def id(self) -> str:
        """ "workload/kernel"."""
        return f"{self.workload}/{self.name}"

    @property
    def defaults(self) -> dict[str, int]:
        """The parameters that it has where nobody chooses."""
        return {parameter.name: parameter.default for parameter in self.parameters}

    @property
    def moved(self) -> int:
        """Whole arrays that its operators read and write; 0 where nobody counted."""
        return sum(operator.reads + operator.writes for operator in self.operators)


for _field in ("function", "core"):
    setattr(Kernel, _field, Found(_field))


@dataclass(frozen=True, slots=True)
class Array:
    """An array that a problem takes or gives."""

    name: str
    axes: tuple[str, ...]
    """Out of the workload's: ("m", "k")."""


@dataclass(frozen=True)
class Workload:
    """A problem: its inputs, float64 reference, work and least traffic, and its ladder of kernels."""

    name: str
    title: str
    size_means: str
    """What the one number `size` is: "side of three square matrices"."""
    axes: tuple[str, ...]
    """Names of the entries of `shape`, for instance ("m", "k", "n")."""
    shape: Callable[[int], Shape]
    """size -> shape."""
    make_inputs: Callable[[Shape, str, int], tuple[Any, ...]]
    """(shape, dtype, seed) -> fresh random inputs."""
    reference: Callable[..., Any]
    """(*inputs) -> float64 result by a different and trusted way."""
    flop: Callable[[Shape], int]
    least_bytes: Callable[[Shape, str], int]
    """(shape, dtype) -> compulsory traffic: every input read once, every output written once."""
    tolerance: Callable[[Shape, str], float]
    """(shape, dtype) -> largest allowed error relative to the scale of the result."""
    kernels: tuple[Kernel, ...]
    sizes: tuple[int, ...] = ()
    """Sizes that pages offer, rising."""
    default_size: int = 256
    largest_size: int = 32768
    """Largest size, and length of an axis, that may be asked for: three float64 matrices of it take 24 GiB."""
    question: str = "which one change makes it faster, and which makes no difference?"
    """What to predict before its ladder is timed."""
    array_elements: Callable[[Shape], int] = math.prod
    """shape -> elements of one array, the unit in which the extra memory of a rung is told."""
    inputs: tuple[Array, ...] = ()
    """What `make_inputs` makes, in its order; empty where nobody said it."""
    output: Array | None = None
    """What is asked for."""
    formula: str = ""
    """How an entry of the output follows from the inputs, as one would say it."""
    loops: str = ""
    """Python that writes the output, in the order of the formula: slow, and such that Numba compiles it. It has
    the arrays and the lengths of their axes under their names; the turns of a `prange` do not depend on each
    other."""

    def __post_init__(self) -> None:
        mine = tuple(map(copy, self.kernels))  # not replaced: that would look at their functions
        for kernel in mine:
            object.__setattr__(kernel, "workload", self.name)
        object.__setattr__(self, "kernels", mine)

    def kernel(self, name: str) -> Kernel:
        """The rung called `name`; KeyError where there is none."""
        for kernel in self.kernels:
            if kernel.name == name:
                return kernel
        raise KeyError(name)

    def before(self, kernel: Kernel) -> Kernel | None:
        """The rung that `kernel` changes; None for the first, and where `only` left it out."""
        if kernel.changed_from is not None:
            return next((one for one in self.kernels if one.name == kernel.changed_from), None)
        at = self.kernels.index(kernel)
        return self.kernels[at - 1] if at else None

    def lengths(self, array: Array, shape: Shape) -> Shape:
        """The shape of one of its arrays where the problem has `shape`."""
        return tuple(shape[self.axes.index(axis)] for axis in array.axes)

    @property
    def chain(self) -> tuple[Kernel, ...]:
        """The rungs whose change `removes` something, and those that they change, in their order."""
        removing = [kernel for kernel in self.kernels if kernel.removes]
        names = {one.name for kernel in removing for one in (kernel, self.before(kernel)) if one}
        return tuple(kernel for kernel in self.kernels if kernel.name in names)

    @property
    def followed(self) -> tuple[Kernel, ...]:
        """The rungs whose accesses the cache simulator generates, by their `traversal`."""
        return tuple(kernel for kernel in self.kernels if kernel.traversal)

    def only(self, names: Container[str]) -> Workload:
        """The same problem with the rungs of these names, each of which still changes what it changed."""
        kept = [kernel for kernel in self.kernels if kernel.name in names]
        before = [self.before(kernel) for kernel in kept]
        named = [
            replace(kernel, changed_from=b.name if b else None) for kernel, b in zip(kept, before, strict=True)
        ]
        return replace(self, kernels=tuple(named))


@dataclass(frozen=True, slots=True)
class Case(PlainData):
    """One thing to measure, as plain data that crosses a process border."""

    kernel: str
    """"workload/kernel"."""
    size: int
    dtype: str = "float32"
    threads: int = 1
    parameters: Mapping[str, int] = field(default_factory=dict)
    shape: Shape | None = None
    """Overrides the workload's shape(size)."""

    @property
    def rung(self) -> str:
        """The kernel's name without its workload's."""
        return self.kernel.partition("/")[2]

    def to_dict(self) -> dict[str, Any]:
        """The fields as plain data, as a job has them."""
        return {**asdict(self), "shape": list(self.shape) if self.shape else None}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Case:
        """The case in `data`; BadInput where an entry is missing or unknown."""
        unknown = set(data) - set(cls.__slots__)
        if unknown or "kernel" not in data or "size" not in data:
            raise BadInput(
                f"A case needs kernel and size and may have dtype, threads, parameters and shape; "
                f"given: {quoted(list(data)) if data else 'nothing'}."
            )
        shape = data.get("shape")
        parameters = dict(data.get("parameters") or {})
        return cls(**{**data, "parameters": parameters, "shape": tuple(shape) if shape else None})
