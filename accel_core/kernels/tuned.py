"""The file of tunings: one JSON line each, only ever added to; the last that fits this computer counts.

It lies beside the store and is no part of it, because kernels stand below the store.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from accel_core.errors import StoreUnavailable
from accel_core.folders import data_folder
from accel_core.machine.overrides import compiler_overrides
from accel_core.model import Environment, Machine
from accel_core.model.tuning import Tuning

NAME = "tunings.jsonl"


def tunings_file() -> Path:
    """Where the tunings lie; StoreUnavailable where nothing can be kept."""
    return data_folder() / NAME


def keep(tuning: Tuning) -> None:
    """Add `tuning`; StoreUnavailable where it cannot be written."""
    path = tunings_file()
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with path.open("a", encoding="utf-8") as file:  # one short write: two programs do not mix their lines
            file.write(f"\n{json.dumps(tuning.to_dict())}\n")  # behind a line torn by a full disk, too
    except OSError as error:
        raise StoreUnavailable(
            f"The tuning cannot be kept in {path} ({error.strerror}): free some space or set ACCEL_HOME to a "
            "folder of yours."
        ) from error


def any_kept() -> bool:
    """Whether there is a file of tunings."""
    try:
        return tunings_file().is_file()
    except (OSError, StoreUnavailable):
        return False


def find(dtype: str, machine: Machine, environment: Environment) -> Tuning | None:
    """The newest tuning for `dtype`, this hardware and this compiler; None without one that can be read."""
    found = [
        one
        for one in _read()
        if (one.dtype, one.fingerprint) == (dtype, machine.fingerprint)
        and _compiler(one.environment) == _compiler(environment)
    ]
    return found[-1] if found else None


def _compiler(environment: Environment) -> tuple[object, ...]:
    """What the machine code of the product depends on beside the hardware."""
    told = compiler_overrides(environment.overrides)
    return environment.accel, environment.numba, environment.llvm, sorted(told.items())


def _read() -> Iterator[Tuning]:
    """Every line that is a tuning with a date: a torn or foreign one costs itself only."""
    try:
        lines = tunings_file().read_text(encoding="utf-8", errors="replace").splitlines()
    except (OSError, StoreUnavailable):
        return
    for line in lines:
        with suppress(ValueError, TypeError, KeyError, RecursionError, AttributeError):
            found = Tuning.from_dict(json.loads(line))
            datetime.fromisoformat(found.created)
            yield found
