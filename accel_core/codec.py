"""Dataclasses as plain JSON data and back: their fields say once how each is written and read.

A field that is not in the data takes its default, or None where its type has that, so that older data are read.
Entries that are no fields are passed over.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import MISSING, asdict, fields, is_dataclass
from functools import cache, partial
from types import NoneType, UnionType
from typing import Any, ClassVar, Self, TypeVar, get_args, get_origin, get_type_hints

Made = TypeVar("Made")


class PlainData:
    """Base of the dataclasses that are stored, printed as JSON or sent to another process."""

    __slots__ = ()
    derived: ClassVar[tuple[str, ...]] = ()
    """Properties that `to_dict` tells beside the fields."""

    @classmethod
    def called(cls) -> str:
        """What those of this class are called where they are stored or told: `curve_point`."""
        return re.sub(r"(?<=.)(?=[A-Z])", "_", cls.__name__).lower()

    def to_dict(self) -> dict[str, Any]:
        """The fields, and what is derived of them, as plain data."""
        derived = {name: getattr(self, name) for name in self.derived}
        return {**asdict(self), **derived}  # type: ignore[call-overload]

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """The one in `data`; KeyError, TypeError or ValueError where they hold none."""
        return made(cls, data)


def kinds(union: Any) -> dict[str, Any]:
    """The classes of a union, by what they are called."""
    return {kind.called(): kind for kind in get_args(union)}


def made(kind: type[Made], data: Mapping[str, Any]) -> Made:
    """The dataclass `kind` out of plain data; KeyError, TypeError or ValueError where it holds none."""
    readers, unknown = _readers(kind)  # type: ignore[arg-type]
    return kind(**unknown | {name: read(data[name]) for name, read in readers if name in data})


@cache
def entries(kind: type) -> tuple[tuple[str, Any, bool], ...]:
    """(name, type, whether it has a default) of each field of a dataclass."""
    hints = get_type_hints(kind)
    return tuple(
        (f.name, hints[f.name], f.default is not MISSING or f.default_factory is not MISSING)
        for f in fields(kind)
    )


@cache
def _readers(kind: type) -> tuple[tuple[tuple[str, Callable[[Any], Any]], ...], dict[str, None]]:
    """(name, what reads it) of each field of a dataclass; and None for those without another default."""
    found = entries(kind)
    unknown = [name for name, hint, optional in found if not optional and NoneType in get_args(hint)]
    return tuple((name, _reader(hint)) for name, hint, _ in found), dict.fromkeys(unknown)


def _reader(hint: Any) -> Callable[[Any], Any]:
    """What makes a value of the type `hint` out of plain data."""
    parts = get_args(hint)
    if isinstance(hint, type) and is_dataclass(hint):
        return getattr(hint, "from_dict", None) or partial(made, hint)
    if get_origin(hint) is tuple:
        each = [_reader(part) for part in parts if part is not Ellipsis]
        if len(each) < len(parts):
            return lambda value: tuple(map(each[0], value))
        return lambda value: tuple(read(one) for read, one in zip(each, value, strict=True))
    if get_origin(hint) is Mapping:
        one = _reader(parts[1])
        return lambda value: {name: one(entry) for name, entry in dict(value or ()).items()}
    if isinstance(hint, UnionType):
        known = [_reader(part) for part in parts if part is not NoneType]
        read = known[0] if len(known) == 1 else _same
        return lambda value: None if value is None else read(value)
    return _SCALARS.get(hint, _same)


def _same(value: Any) -> Any:
    return value


def _whole(value: Any) -> int:
    """A whole number, 3.0 too; TypeError for all else: cut or guessed it would be another one."""
    if isinstance(value, bool):
        raise TypeError("True and False are no numbers")
    return int(value) if isinstance(value, float) and value.is_integer() else operator.index(value)


_SCALARS: Mapping[Any, Callable[[Any], Any]] = {int: _whole, float: float, str: str.__str__}
"""What reads a number or a text; TypeError where another type stands for a text."""
