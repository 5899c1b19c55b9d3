"""Results that are no results yet: the call returned, and its work is still to be done.

Only what is returned tells. A coroutine function may hide behind functools.partial, a bound method, a decorator
or an object whose __call__ is one, and any function may return a generator. They are refused and not run to
their end, because the time would be of the way in which that is done: an empty coroutine takes 140 us by
asyncio.run and 0.1 us in a loop that runs already (pyperf issue 121), a generator may have no end, and to keep
what it yields is work too.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Generator
from concurrent.futures import Future
from typing import Any

from accel_core.errors import BadInput

_LAZY = (map, filter, zip, enumerate, reversed)
_ENDINGS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (Future, "f(...).result()"),
    (Awaitable, "asyncio.run(f(...))"),
    (AsyncIterator, "asyncio.run(g()), where g goes through f(...) with async for"),
    ((Generator, *_LAZY), "list(f(...))"),
)
"""What returns before its work is done, and an expression that waits for the end."""


def finished(call: Callable[[], Any], name: str) -> Any:
    """The result of `call()`; BadInput where it is something that has not been run."""
    result = call()
    ending = _ending(result)
    if not ending:
        return result
    if isinstance(result, (Coroutine, Generator)):
        result.close()  # else Python warns of a coroutine that was never awaited
    kind = type(result).__name__
    raise BadInput(
        f"{name} returns a {kind}, whose work is not done when the call ends: profile a function that does it, "
        f"for instance lambda: {ending}."
    )


def _ending(result: Any) -> str:
    """How to run `result` to its end; empty where nothing is left to run."""
    if type(result).__module__ == itertools.__name__:
        return "list(f(...))"
    return next((ending for kinds, ending in _ENDINGS if isinstance(result, kinds)), "")
