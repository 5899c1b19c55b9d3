"""One finding of the doctor."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.codec import PlainData


@dataclass(frozen=True, slots=True)
class Check(PlainData):
    """One finding; `remedy` is "" where `ok`. What the system does not say is ok and called unknown."""

    name: str
    ok: bool
    detail: str
    remedy: str = ""


def check(name: str, ok: bool, detail: str, remedy: str) -> Check:
    """A finding; its remedy is left out where all is well."""
    return Check(name, ok, detail, "" if ok else remedy)
