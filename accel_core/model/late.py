"""What is named now and imported when it is first needed: a catalogue of kernels needs no compiler."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from importlib import import_module
from typing import Any


class Late:
    """A module, or by its attributes something in it; `before` is called first (the compiler is asked for)."""

    def __init__(self, module: str, *path: str, before: Callable[[], None] = lambda: None) -> None:
        self._module, self._path, self._before = module, path, before

    def __getattr__(self, name: str) -> Late:
        if name.startswith("__"):
            raise AttributeError(name)
        return Late(self._module, *self._path, name, before=self._before)

    def found(self) -> Any:
        """The thing itself."""
        self._before()
        return reduce(getattr, self._path, import_module(self._module))


class Found:
    """In place of a dataclass's field that may be given as `Late`: a look at it gets the thing itself."""

    def __init__(self, field: str) -> None:
        self._kept = f"_{field}"

    def __get__(self, of: Any, owner: type) -> Any:
        if of is None:
            return self
        given = of.__dict__[self._kept]
        if isinstance(given, Late):
            given = of.__dict__[self._kept] = given.found()
        return given

    def __set__(self, of: Any, value: Any) -> None:
        of.__dict__[self._kept] = value
