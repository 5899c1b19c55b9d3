"""Runs a submitted file and writes the triples of its order out, a piece at each call.

The argument is the descriptor of the memory that triples.py describes. The file may yield triples or arrays of
them, or return an array.
"""

from __future__ import annotations

import mmap
import sys
import traceback
from array import array
from collections.abc import Callable, Iterator
from itertools import chain, islice
from pathlib import Path
from types import ModuleType
from typing import Any

from accel_core.judge.inside import triples
from accel_core.wall import inside

NAME = "order"
FILE = "order.py"
MODULE = "submission"
LOW, HIGH = -(2**31), 2**31 - 1


class Wrong(Exception):
    """What came is no triple; the message is the sentence that its author gets."""


def function_of(path: str) -> Callable[[int, int, int], Any]:
    """The function that the file at `path` defines; Wrong where it does not."""
    module = sys.modules[MODULE] = ModuleType(MODULE)  # where dataclasses and type hints look for it
    names = module.__dict__
    names["__file__"] = path
    try:
        exec(compile(Path(path).read_text("utf-8"), path, "exec"), names)
    except SyntaxError as error:
        raise Wrong(f"Line {error.lineno} is no Python: {error.msg}.") from None
    except BaseException as error:
        raise Wrong(f"The file fails before {NAME} is called: {_words(error, path)}.") from None
    found = names.get(NAME)
    if not callable(found):
        raise Wrong(f"It defines no function {NAME}: define {NAME}(m, k, n), which yields triples i, j, p.")
    return found


def pieces(name: str, found: Any) -> Iterator[tuple[int, Any]]:
    """How many triples a piece of what `name` returned has, and their numbers in turn, 32 bits each."""
    if _is_table(found):
        found = (found,)
    try:
        items = iter(found)
    except TypeError:
        raise Wrong(
            f"{name} returns {_quoted(found)}: let it yield triples i, j, p, or return an array of them."
        ) from None
    number = 0
    for first in items:
        if _is_table(first):
            for count, numbers in _cut(name, first, number):
                yield count, numbers
                number += count
        else:
            some = [first, *islice(items, triples.MOST - 1)]
            yield len(some), _flat(name, some, number)
            number += len(some)


def _is_table(one: Any) -> bool:
    """Whether it is an array that is not a single triple."""
    numpy = sys.modules.get("numpy")  # a file that has arrays has imported it
    return numpy is not None and isinstance(one, numpy.ndarray) and one.ndim != 1


def _cut(name: str, table: Any, number: int) -> Iterator[tuple[int, Any]]:
    if table.ndim != 2 or table.shape[1] != 3 or table.dtype.kind not in "iu":
        raise Wrong(
            f"After {number} triples of {name} comes an array {table.shape} of {table.dtype}: whole numbers "
            "(count, 3) are needed."
        )
    if table.size and not LOW <= table.min() <= table.max() <= HIGH:
        raise Wrong(f"After {number} triples of {name} comes an array with a number of more than 32 bits.")
    kept = table.astype("=i4", order="C", copy=False)
    for start in range(0, len(kept), triples.MOST):
        piece = kept[start : start + triples.MOST]
        yield len(piece), piece.reshape(-1)


def _flat(name: str, some: list[Any], number: int) -> array[int]:
    try:
        if {*map(len, some)} == {3}:
            return array("i", chain.from_iterable(some))
    except (TypeError, OverflowError, ValueError):
        pass
    at, wrong = next((at, one) for at, one in enumerate(some) if not _is_triple(one))
    raise Wrong(
        f"Triple {number + at + 1} of {name} is {_quoted(wrong)}: three whole numbers i, j, p are needed."
    )


def _is_triple(one: Any) -> bool:
    try:
        return len(one) == 3 and len(array("i", one)) == 3
    except (TypeError, OverflowError, ValueError):
        return False


def _quoted(one: Any) -> str:
    try:
        text = repr(one)
    except BaseException:
        text = f"a {type(one).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


def _words(error: BaseException, path: str) -> str:
    """What was raised, and in which line of the file."""
    try:
        said = str(error)
    except BaseException:
        said = ""
    lines = [f.lineno for f in traceback.extract_tb(error.__traceback__) if f.filename == path]
    place = f" in line {lines[-1]}" if lines else ""
    return f"{type(error).__name__}{f' ({said[:200]})' if said else ''}{place}"


def prepare() -> Callable[[], None]:
    """What writes the next pieces out."""
    memory = memoryview(mmap.mmap(int(sys.argv[1]), triples.SIZE))
    path = str(inside.job_file(FILE))
    going: Iterator[tuple[int, Any]] = iter(())
    waiting: tuple[int, Any] | None = None
    order: Callable[[int, int, int], Any] | None = None

    def fill() -> int:
        """Write out as many pieces as fit; the number of their triples, 0 when all have come."""
        nonlocal going, order, waiting
        begin, m, k, n = triples.asked(memory)
        if order is None:
            order = function_of(path)
        if begin:
            going, waiting = pieces(f"{NAME}{(m, k, n)}", order(m, k, n)), None
        filled = 0
        while waiting := waiting or next(going, None):
            count, numbers = waiting
            if filled + count > triples.MOST:
                break
            raw = memoryview(numbers).cast("B")
            start = triples.TRIPLES + filled * triples.BYTES
            memory[start : start + len(raw)] = raw
            filled, waiting = filled + count, None
        return filled

    def carry_out() -> None:
        try:
            count = fill()
            triples.say(memory, triples.PIECE if count else triples.END, count)
        except Wrong as wrong:
            triples.say(memory, triples.FAILED, 0, str(wrong))
        except BaseException as error:
            triples.say(
                memory, triples.FAILED, 0, f"{NAME}{triples.asked(memory)[1:]} raises {_words(error, path)}."
            )

    return carry_out


if __name__ == "__main__":
    inside.serve(prepare)
