"""A table of an assignment, read key by key; what is wrong with one is kept as a sentence with its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from accel_core.errors import BadInput, nearest, quoted, whole
from accel_core.homework.assignment import ALL, Threads
from accel_core.model import require_dtype

Value = TypeVar("Value")
LONGEST_TEXT, LONGEST_NAME = 20_000, 80
MOST_LISTED = 1000
"""In one list: each unknown name in it is compared with all that are known."""
SHORTEST_S, LONGEST_S = 0.05, 600.0


@dataclass
class Table:
    """`data` as it was written at `place`; every mistake goes to `said`."""

    data: Mapping[str, Any]
    place: str
    """ "" for the file itself, else "experiment 2 (\\"blocks\\")"."""
    said: list[str]
    keys: list[str] = field(default_factory=list)
    """Those that were asked for."""

    def complain(self, sentence: str) -> None:
        """Keep one mistake, with its place."""
        self.said.append(f"In {self.place}: {sentence}" if self.place else sentence)

    def _read(self, key: str, default: Value, read: Callable[[Any], Value]) -> Value:
        self.keys.append(key)
        if key not in self.data:
            return default
        try:
            return read(self.data[key])
        except BadInput as error:
            self.complain(str(error))
            return default

    def text(self, key: str, default: str | None = "", longest: int = LONGEST_TEXT) -> str:
        """A text; where `default` is None it has to be there, and not be empty."""

        def read(value: Any) -> str:
            if not isinstance(value, str):
                raise BadInput(f"{key} is {quoted(value)}: write a text in quotes.")
            if len(value) > longest:
                raise BadInput(f"{key} has {len(value)} letters: {longest} are the most.")
            if default is None and not value.strip():
                raise BadInput(f"{key} is empty: write a text in quotes.")
            return value.strip()

        if default is None and key not in self.data:
            self.keys.append(key)
            self.complain(f"{key} is missing: write a text in quotes.")
        return self._read(key, default or "", read)

    def texts(self, key: str, default: Sequence[str] = ()) -> tuple[str, ...]:
        """A list of texts, each once."""

        def read(value: Any) -> tuple[str, ...]:
            texts = _list(key, value, 'texts in quotes, such as ["a", "b"]', str)
            if twice := [text for at, text in enumerate(texts) if text in texts[:at]]:
                raise BadInput(f"{key} holds {quoted(twice[0])} twice: name each once.")
            return texts

        return self._read(key, tuple(default), read)

    def tables(self, key: str) -> list[Mapping[str, Any]]:
        """A list of tables, written [[key]] each."""

        def read(value: Any) -> list[Mapping[str, Any]]:
            return list(_list(key, value, f"tables, each after a line [[{key}]]", dict))

        return self._read(key, [], read)

    def whole(self, key: str, default: int | None = None) -> int | None:
        """A whole number above 0."""
        return self._read(key, default, lambda value: _whole(key, value))

    def wholes(self, key: str) -> tuple[int, ...]:
        """A list of whole numbers from 0 on, at least one, each once."""

        def read(value: Any) -> tuple[int, ...]:
            numbers = tuple(_whole(key, one, 0) for one in _list(key, value, "whole numbers: [16, 32]", object))
            if not numbers:
                raise BadInput(f"{key} is empty: give at least one whole number.")
            if len(set(numbers)) < len(numbers):
                raise BadInput(f"{key} holds a number twice: give each once.")
            return numbers

        if key not in self.data:
            self.complain(f"{key} is missing: give a list of whole numbers such as [16, 32].")
        return self._read(key, (), read)

    def seconds(self, key: str, default: float) -> float:
        """A time."""

        def read(value: Any) -> float:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not SHORTEST_S <= value <= LONGEST_S:  # false for nan too
                allowed = f"a number of seconds from {SHORTEST_S:g} to {LONGEST_S:g}"
                raise BadInput(f"{key} is {quoted(value)}: give {allowed}.")
            return float(value)

        return self._read(key, default, read)

    def threads(self, key: str, default: Threads) -> Threads:
        """A whole number above 0, or "all"."""
        return self._read(key, default, lambda value: _threads(key, value))

    def each_threads(self, key: str, default: Sequence[Threads]) -> tuple[Threads, ...]:
        """A list of them."""

        def read(value: Any) -> tuple[Threads, ...]:
            counts = tuple(_threads(key, one) for one in _list(key, value, f'numbers, or "{ALL}"', object))
            if not counts:
                raise BadInput(f"{key} is empty: give at least one number.")
            return counts

        return self._read(key, tuple(default), read)

    def dtype(self, key: str, default: str) -> str:
        """The name of a type that is measured."""
        return self._read(key, default, lambda value: _dtype(key, value))

    def dtypes(self, key: str, default: Sequence[str]) -> tuple[str, ...]:
        """A list of them."""

        def read(value: Any) -> tuple[str, ...]:
            return tuple(_dtype(key, one) for one in _list(key, value, "types in quotes", object))

        return self._read(key, tuple(default), read) or tuple(default)

    def close(self) -> None:
        """Complain of every key that nobody asked for."""
        for key in self.data:
            if key not in self.keys:
                near = nearest(key, self.keys)
                meant = f"did you mean {near}?" if near else f"what it takes is {', '.join(self.keys)}."
                self.complain(f"{quoted(key)} is not known here; {meant}")


def _list(key: str, value: Any, of: str, kind: type) -> tuple[Any, ...]:
    if not isinstance(value, list) or not all(isinstance(one, kind) for one in value):
        raise BadInput(f"{key} is {quoted(value)}: write a list of {of}.")
    if len(value) > MOST_LISTED:
        raise BadInput(f"{key} lists {len(value)} things: {MOST_LISTED} are the most.")
    return tuple(value)


def _whole(key: str, value: Any, low: int = 1) -> int:
    number = whole(value, low, 10**9)
    if number is None:
        raise BadInput(f"{key} is {quoted(value)}: give a whole number from {low} on.")
    return number


def _threads(key: str, value: Any) -> Threads:
    if value != ALL and whole(value, 1, 10**4) is None:
        raise BadInput(f'{key} is {quoted(value)}: give a whole number above 0, or "{ALL}".')
    return value if value == ALL else int(value)


def _dtype(key: str, value: Any) -> str:
    try:
        require_dtype(value)
    except (BadInput, TypeError):
        raise BadInput(f'{key} is {quoted(value)}: write "float32" or "float64".') from None
    return str(value)
