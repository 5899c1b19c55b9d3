"""Dates and times of records in one form, so that their order as text is their order in time."""

from __future__ import annotations

from datetime import UTC, datetime

from accel_core.errors import BadInput, quoted


def utc(when: str) -> str:
    """ISO 8601 text in UTC with microseconds; BadInput for what is none."""
    try:
        moment = datetime.fromisoformat(when)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return aware.astimezone(UTC).isoformat(timespec="microseconds")
    except (TypeError, ValueError, OverflowError):
        raise BadInput(f"{quoted(when)} is no date and time: give it as 2026-01-31T12:00:00+00:00.") from None
