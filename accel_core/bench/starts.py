"""When samples began, in whole nanoseconds, as records keep it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from accel_core.model import Series
from accel_core.model.packed import packed

NS_PER_S = 1e9


def nanoseconds(seconds: float) -> int:
    """A time of the clock in whole nanoseconds."""
    return round(seconds * NS_PER_S)


def start_and_gaps(
    starts_s: Sequence[float], times_s: Sequence[float], repetitions: int
) -> tuple[int | None, str]:
    """When the first sample began, and how long it was from the end of each to the start of the next (packed).

    `times_s` are those of a call. None and nothing where nobody kept the starts.
    """
    if not starts_s:
        return None, ""
    starts = [nanoseconds(s) for s in starts_s]
    took = [nanoseconds(s * repetitions) for s in times_s]
    gaps = [after - before - ns for (before, after), ns in zip(pairwise(starts), took, strict=False)]
    return starts[0], packed(gaps)


def series(starts_s: Sequence[float], times_s: Sequence[float], repetitions: int) -> Series:
    """The samples of one side of a comparison or a trial."""
    return Series(repetitions, *texts(starts_s, [s * repetitions for s in times_s]))


def texts(starts_s: Sequence[float], took_s: Sequence[float]) -> tuple[str, str]:
    """The lengths and the starts of samples as a series holds them."""
    starts = [nanoseconds(s) for s in starts_s]
    since = [after - before for before, after in pairwise(starts)]
    return packed(nanoseconds(s) for s in took_s), packed([*starts[:1], *since])
