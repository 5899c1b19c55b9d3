"""When an assignment was opened first on this computer: what was measured before that is no homework."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from accel_core.errors import StoreUnavailable
from accel_core.folders import data_folder
from accel_core.homework.assignment import Assignment


def begun(assignment: Assignment) -> str | None:
    """ISO 8601, UTC; None where it was never opened here."""
    with suppress(OSError, ValueError):
        text = _file(assignment).read_text(encoding="ascii").strip()
        return datetime.fromisoformat(text).isoformat(timespec="microseconds")
    return None


def begin(assignment: Assignment) -> str:
    """When it was opened first, which is now where nothing says otherwise."""
    if (known := begun(assignment)) is not None:
        return known
    now, path = datetime.now(UTC).isoformat(timespec="microseconds"), _file(assignment)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{now}\n", encoding="ascii")
    except OSError as error:
        raise StoreUnavailable(
            f"The time at which the assignment was begun cannot be kept in {path.parent} ({error.strerror}): "
            "make that folder writable, or set ACCEL_HOME to a folder of yours."
        ) from None
    return now


def _file(assignment: Assignment) -> Path:
    return data_folder() / "homework" / f"{assignment.hash[:32]}.begun"
