"""Results that are no results yet: the call returned, and its work is still to be done.

Only what is returned tells. A coroutine function may hide behind functools.partial, a bound method, a decorator
or an object whose __call__ is one, and any function may return an iterator that computes as it is asked, or a
list of what others still compute. They are refused and not run to their end, because the time would be of the
way in which that is done: an empty coroutine takes 140 us by asyncio.run and 0.1 us in a loop that runs already
(pyperf issue 121), a generator may have no end, and to keep what it yields is work too.
"""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Awaitable, Container, Coroutine, Iterable, Iterator, Sized
from concurrent.futures import Future
from multiprocessing.pool import AsyncResult
from multiprocessing.process import BaseProcess
from subprocess import Popen
from threading import Thread
from typing import Any

from accel_core.errors import BadInput

_ENDINGS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Future, "{}.result()"),
    (AsyncResult, "{}.get()"),
    (Popen, "{}.wait()"),
    ((Thread, BaseProcess), "{}.join()"),
    (Awaitable, "asyncio.run({})"),
    (AsyncIterator, "asyncio.run(g()), where g goes through {} with async for"),
    (Iterator, "list({})"),
)
"""What returns before its work is done, and an expression that waits for the end of `{}`."""
_HELD = (Container, Sized, io.IOBase)
"""Iterators whose elements are there: a container that counts itself through, an open file."""
_SEVERAL = (list, tuple, set, frozenset, dict)


def refuse_unfinished(result: Any, name: str) -> None:
    """BadInput where `result`, or a part of it where it is a list or the like, has not been run."""
    several = isinstance(result, _SEVERAL)
    parts: Iterable[Any] = (result.values() if isinstance(result, dict) else result) if several else (result,)
    endings = {kind: ending for kind in {type(part) for part in parts} if (ending := _ending(kind))}
    if not endings:
        return
    left = [part for part in parts if type(part) in endings]
    for part in left:
        if isinstance(part, (Coroutine, Iterator)) and hasattr(part, "close"):
            part.close()  # else Python warns of a coroutine that was never awaited, of a folder left open
    kind = type(left[0])
    said, ending = kind.__name__, endings[kind].format("f(...)")
    if several:
        source = "f(...).values()" if isinstance(result, dict) else "f(...)"
        said = f"{type(result).__name__} with a {said}"
        ending = f"[{endings[kind].format('part')} for part in {source}]"
    raise BadInput(
        f"{name} returns a {said}, whose work is not done when the call ends: profile a function that does it, "
        f"for instance lambda: {ending}."
    )


def _ending(kind: type) -> str:
    """How to run a result of `kind` to its end; empty where nothing is left to run."""
    ending = next((ending for kinds, ending in _ENDINGS if issubclass(kind, kinds)), "")
    return "" if issubclass(kind, Iterator) and issubclass(kind, _HELD) else ending
