"""Figures made once for all sessions: what was drawn of the same records and settings is shown again.

Plotly takes 50 to 400 ms of a processor to check what a figure is made of; a class that looks at one record
would pay that at each move of each slider.
"""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from hashlib import blake2b
from types import MappingProxyType
from typing import Any

import plotly.graph_objects as go

from accel_core.figures import Look
from accel_core.model import Kernel, Measurement, Workload
from app.session import cached


class Drawing(go.Figure):
    """A figure that was checked when it was made, as its plain data: nothing is checked or copied again."""

    def __init__(self, plain: dict[str, Any]) -> None:
        object.__setattr__(self, "_plain", plain)

    def to_dict(self) -> dict[str, Any]:
        """What all sessions share: not to be changed."""
        return self._plain


def drawn(make: Callable[..., go.Figure], *args: Any, **options: Any) -> go.Figure:
    """`make(*args, **options)`, made once for all who give the same."""
    key = _key(make, args, options)
    plain = cached.drawings().get(key)
    if plain is None:
        plain = make(*args, **options).to_dict()
        cached.drawings().put(key, plain)
    return Drawing(plain)


class _Pickler(pickle.Pickler):
    """By value, so that two sessions that give the same meet; what has a name is known by it."""

    def persistent_id(self, thing: Any) -> Any:
        """What stands for things that are long to write, or cannot be written; None for all others."""
        match thing:
            case Measurement():
                return "measurement", thing.id, thing.created, thing.time_s.median
            case Workload():
                return "workload", thing.name, [kernel.name for kernel in thing.kernels]
            case Kernel():
                return "kernel", thing.name
            case Look():
                return "look", {name: _plain(getattr(thing, name)) for name in thing.__dataclass_fields__}
            case MappingProxyType():
                return "mapping", dict(thing)
        return None


def _plain(value: Any) -> Any:
    return dict(value) if isinstance(value, MappingProxyType) else value


def _key(*of: Any) -> bytes:
    """A digest of everything that a figure is made of."""
    written = io.BytesIO()
    pickler = _Pickler(written, protocol=pickle.HIGHEST_PROTOCOL)
    pickler.fast = True  # equal things are written alike, whether they are one object or two
    pickler.dump(of)
    return blake2b(written.getvalue()).digest()
