"""Choosing a backend: the measured crossovers where there are any, the rule where there are none, and why."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from accel_core.backends.crossovers import Crossovers, Times
from accel_core.backends.current import backend_names
from accel_core.codec import PlainData
from accel_core.errors import StoreUnavailable
from accel_core.kernels.chunks import THREADED_FROM
from accel_core.machine import detect, environment
from accel_core.model import Shape
from accel_core.operations import OPERATIONS, PRODUCT
from accel_core.store import Store
from accel_core.units import format_number

PREFERRED = ("numpy", "compiled", "compiled_threads", "blocked", "naive")
"""Who is asked first of those that are as fast; all others come after them."""
NEAR = 1.02
"""Twice what a race is measured to (1 %)."""
Load = Callable[[], tuple[Crossovers, int]]
"""() -> (the crossovers of this machine, threads that it may use); called at the first choice."""
_HOW = {
    "measured": "measured on this machine at this shape",
    "interpolated": "worked out between shapes measured on this machine",
    "nearest": "as at the nearest shape measured on this machine",
}


@dataclass(frozen=True, slots=True)
class Choice(PlainData):
    """What AutoBackend takes for operands of one operation, lengths, dtype and layout."""

    derived: ClassVar = ("second", "margin", "reason")

    operation: str
    lengths: Shape
    dtype: str
    layout: str
    backend: str
    source: str
    """"measured" (at these lengths), "interpolated", "nearest" (past the lengths measured here) or "rule"."""
    rule: str
    """The sentence of the rule where it decided; empty else."""
    times_s: Mapping[str, float]
    """Seconds of one call, measured or interpolated, for each backend that was timed; empty for a rule."""
    blocks: str = ""
    """Where the packed product is taken: whether its blocks are "by rule" or "by measurement here"."""
    vectors: str = ""
    """Where a streaming loop is taken: the width of its vectors and why."""

    @property
    def second(self) -> str | None:
        """The next best of those that were timed."""
        others = [name for name in self.times_s if name != self.backend]
        return min(others, key=lambda name: self.times_s[name], default=None)

    @property
    def margin(self) -> float | None:
        """How many times longer the next best takes."""
        return None if self.second is None else self.times_s[self.second] / self.times_s[self.backend]

    @property
    def reason(self) -> str:
        """Who and why, in one sentence."""
        return f"{self.backend}, {self.because}"

    @property
    def because(self) -> str:
        """Why, to stand behind the name."""
        if self.source == "rule":
            return f"by rule: {self.rule}"
        how = _HOW[self.source]
        if self.margin is None:
            return f"{how}; nothing else was timed."
        if self.margin <= 1:
            return f"{how}; {self.second} is as fast within 2 %, and {self.backend} is asked first."
        more = f"{format_number(100 * (self.margin - 1), 2)} % longer"
        beaten = f"{format_number(self.margin)} times as long" if self.margin >= 2 else more
        return f"{how}; the next best, {self.second}, takes {beaten}."

    def __str__(self) -> str:
        shape = " x ".join(map(str, self.lengths))
        names = ", ".join(OPERATIONS[self.operation].form.lengths)
        blocks = f" Its blocks: {self.blocks}." if self.blocks else ""
        vectors = f" Its vectors: {self.vectors}." if self.vectors else ""
        asked = f"{self.operation} of {shape} ({names}), {self.dtype}, {self.layout}"
        return f"{asked}: {self.reason}{blocks}{vectors}"


class Chooser:
    """Chooses by operation, lengths, dtype and layout.

    Lengths that were measured themselves are answered by that measurement, all others by their class: each
    length rounded to half an octave, so that each class is worked out once. Nothing is read before the first
    choice, and nothing after it until `reload`.
    """

    def __init__(self, load: Load) -> None:
        self._load = load
        self._loaded: tuple[Crossovers, int] | None = None
        self._classes: dict[tuple[str, tuple[float, ...], str, str], Times | None] = {}

    def reload(self) -> None:
        """Forget everything: the next choice reads the crossovers anew."""
        self._loaded = None
        self._classes = {}

    def choose(self, operation: str, lengths: Sequence[int], dtype: str, layout: str) -> Choice:
        """The choice for operands of `lengths` (`Form.lengths`) that lie in memory as `layout` says."""
        if self._loaded is None:
            self._loaded = self._load()
        crossovers, threads = self._loaded
        measured = crossovers.measured(operation, dtype, layout, lengths)
        found = measured or self._of_class(crossovers, operation, lengths, dtype, layout)
        names = backend_names()  # another process may have timed a backend that is not registered in this one
        times_s = {name: s for name, s in found.times_s.items() if name in names} if found else {}
        if not found or not times_s:
            backend, sentence = by_rule(operation, lengths, layout, threads)
            return Choice(operation, tuple(lengths), dtype, layout, backend, "rule", sentence, {})
        return Choice(operation, tuple(lengths), dtype, layout, best_of(times_s), found.source, "", times_s)

    def _of_class(
        self, crossovers: Crossovers, operation: str, lengths: Sequence[int], dtype: str, layout: str
    ) -> Times | None:
        middle = shape_class(lengths)
        key = (operation, middle, dtype, layout)
        if key not in self._classes:
            self._classes[key] = crossovers.near(operation, dtype, layout, middle)
        return self._classes[key]


def best_of(times_s: Mapping[str, float]) -> str:
    """The fastest backend; of those within NEAR of it the first in PREFERRED, so that noise never picks an
    unlikely one."""
    most_s = NEAR * min(times_s.values())
    return next(name for name in (*PREFERRED, *times_s) if times_s.get(name, math.inf) <= most_s)


def shape_class(lengths: Sequence[int]) -> tuple[float, ...]:
    """`lengths` rounded to half an octave (1, 1.41, 2, 2.83, 4 ...); 0 stays 0."""
    return tuple(2 ** (round(2 * math.log2(length)) / 2) if length else 0.0 for length in lengths)


def by_rule(operation: str, lengths: Sequence[int], layout: str, threads: int) -> tuple[str, str]:
    """(backend, sentence) for `operation` at `lengths` on at most `threads` threads.

    The rule knows no machine, so it only says what holds on every one that this was tried on. `accel calibrate`
    replaces it by measurements.
    """
    asked = OPERATIONS[operation]
    if layout != "C" and asked.form is not PRODUCT:
        return "numpy", "arrays with gaps go to NumPy, which walks them as they lie."
    if asked.numpy_suffices:
        return "numpy", asked.numpy_suffices
    if threads > 1 and math.prod(lengths) >= THREADED_FROM:
        return "compiled_threads", f"one pass over memory, on all threads from {THREADED_FROM} elements on."
    return "compiled", "one pass over memory instead of one for each step."


def load_crossovers(store: Store | None = None) -> tuple[Crossovers, int]:
    """(crossovers of this machine and its libraries, threads that this process may use).

    Without crossovers where none were measured or the store cannot be read: choosing is no reason to fail.
    """
    here = detect()
    threads = here.cores.allowed
    try:
        calibrations = (store or Store()).calibrations(here.fingerprint, environment())
    except StoreUnavailable:
        calibrations = []
    return Crossovers(c for c in calibrations if c.threads == threads), threads
