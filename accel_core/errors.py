"""The errors and warnings this project raises on purpose: each message is one sentence for the reader."""

from __future__ import annotations

import difflib
import math
import operator
import warnings
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from accel_core.privacy import without_user


def printable(text: str) -> str:
    """`text` that any UTF-8 page or file takes: the bytes of a path that are no UTF-8 are shown as `\\xe9`."""
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:  # half of a pair, which no path brings along
        raw = text.encode("utf-8", "backslashreplace")
    return raw.decode("utf-8", "backslashreplace")


MOST_QUOTED = 80
"""Characters of what was given that a sentence repeats: whoever crafts a link or a job may send a novel."""


def quoted(value: object) -> str:
    """`value` as Python writes it, cut where it is long."""
    try:
        text = repr(value)
    except ValueError:  # an int of more than 4300 digits has no decimal text
        return "a number of thousands of digits"
    return text if len(text) <= MOST_QUOTED else f"{text[: MOST_QUOTED - 3]}..."


def nearest(word: str, names: Iterable[str], alike: float = 0.5) -> str | None:
    """The one of `names` that `word` is spelled most like, in small letters or capitals; None where none is
    `alike` (difflib's ratio)."""
    small = {name.lower(): name for name in names}
    return next((small[one] for one in difflib.get_close_matches(word[:100].lower(), small, 1, alike)), None)


def unknown(kind: str, given: object, names: Collection[str], listed: str) -> str:
    """ "There is no backend 'nunpy'; did you mean 'numpy'? There are: ...": `listed` with the nearest name."""
    text = given if isinstance(given, str) else ""
    near = next((name for name in names if text and name.endswith(f"/{text}")), None) or nearest(text, names)
    meant = f"did you mean {near!r}? {listed[:1].upper()}{listed[1:]}" if near else listed
    return f"There is no {kind} {quoted(given)}; {meant}."


def whole(value: object, low: float = -math.inf, high: float = math.inf) -> int | None:
    """`value` as an int, NumPy's too, where it is one from `low` to `high`; None else, for True and 2.0 too."""
    try:
        number = None if isinstance(value, bool) else operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        return None
    return number if number is not None and low <= number <= high else None


def is_whole(value: object, low: float = -math.inf, high: float = math.inf) -> bool:
    """Whether `value` is Python's own int, as JSON has it, from `low` to `high`."""
    return isinstance(value, int) and whole(value, low, high) is not None


class AccelError(Exception):
    """Something this project can explain; the message is one sentence for the reader.

    The command line prints the message and exits with `exit_status`; a page shows it where it happened.
    """

    exit_status = 1

    def __str__(self) -> str:
        return without_user(printable(super().__str__()))


class BadInput(AccelError, ValueError):
    """What was given cannot be used: says what was given, what is allowed, what to do next."""

    exit_status = 2


class AccelWarning(UserWarning):
    """Something that the reader should know and that stops nothing; the message is one sentence.

    Python shows it in a notebook or script; the command line, a job and a page show the sentence alone.
    """

    def __str__(self) -> str:
        return without_user(printable(super().__str__()))


class StoreUnavailable(AccelError):
    """Records cannot be read or written (no permission, disk full, corrupt, or made by a newer version)."""


class WrongResult(AccelError):
    """A kernel's result differs from the reference, so it is not timed."""


class JobFailed(AccelError):
    """The worker process ended without finishing its job: killed, out of memory, crashed or over its limit."""


class JobCancelled(AccelError):
    """The job was cancelled by the one who asked for it, or left the queue because nobody waits for it."""


class QueueFull(AccelError):
    """As many jobs of this visitor wait as may."""


@contextmanager
def listening(tell: Callable[[str], object]) -> Iterator[None]:
    """While the block runs, `tell` gets the sentence of each AccelWarning; all others are shown as before."""
    show = warnings.showwarning

    def pass_on(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, AccelWarning):
            tell(str(message))
        else:
            show(message, category, *place, **more)

    warnings.showwarning = pass_on
    try:
        yield
    finally:
        warnings.showwarning = show
