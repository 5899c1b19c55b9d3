"""Recorded hosts, and the way to let one answer as a live one does (tests/machines/README.md)."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from accel_core.machine import detect
from accel_core.machine.recorded import machine_of
from accel_core.model import Machine

FOLDER = Path(__file__).parent / "machines"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
KINDS = (
    "linux-zen5-vm",
    "linux-emerald-rapids-vm",
    "linux-alder-lake",
    "darwin-m2",
    "linux-raspberry-pi-5",
    "linux-odroid-c2",
)
"""One of each kind, for tests that would take too long on all: small and large caches, two kinds of cores, ways
that nobody tells, a small board, no caches at all."""
USUAL, THIS = "linux-zen5-vm", "this"
ON_EACH = pytest.mark.parametrize("host", KINDS, indirect=True)
"""A test of what depends on the host."""
ON_THIS = pytest.mark.parametrize("host", [THIS], indirect=True)
"""A test that really measures, on the machine below."""


def path_of(name: str) -> Path:
    return FOLDER / f"{name}.json"


def load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(path_of(name).read_text(encoding="utf-8"))
    return data


def machine(name: str) -> Machine:
    return machine_of(load(name))


def forget_the_machine() -> None:
    """Empty what a process keeps of its machine: the caches in modules that detect it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("accel_core.") and getattr(module, "detect", None) is detect:
            for value in vars(module).values():
                if hasattr(value, "cache_clear"):
                    value.cache_clear()
