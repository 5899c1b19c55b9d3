"""Records without the name of the account that made them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from accel_core.codec import PlainData
from accel_core.privacy import without_user

Told = TypeVar("Told", bound=PlainData)


def private(told: Told) -> Told:
    """A record in which no text names the account."""
    return type(told).from_dict(_private(told.to_dict()))


def _private(value: Any) -> Any:
    if isinstance(value, str):
        return without_user(value)
    if isinstance(value, Mapping):
        return {key: _private(one) for key, one in value.items()}
    return [_private(one) for one in value] if isinstance(value, list | tuple) else value
