"""Verdicts under the roofs that are known today: everything that a board compares is held against the same."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache

from accel_core.arena.event import MISSES, Event
from accel_core.arena.files import events
from accel_core.arena.rescoring import rescored, threads_known
from accel_core.arena.roofs import HeldAgainst
from accel_core.codec import PlainData
from accel_core.model import Verdict
from accel_core.store import Entries, Judged, Store, summary


def rescored_all(judged: Iterable[Judged], known: Iterable[Event], records: Entries) -> list[Judged]:
    """`judged` under the roofs of their machines; as they are where the store has none, or knows no such event.

    A verdict from before summaries had sizes is read whole.
    """
    by_name = {one.name: one for one in known}
    roofs = cache(records.store.peaks)
    found = []
    for one in judged:
        event = by_name.get(one.event)
        peaks = roofs(one.fingerprint) if event is not None else None
        if event is not None and peaks is not None:
            one = rescored(_with_sizes(one, records), event, peaks.ceilings)
        found.append(one)
    return found


@dataclass(frozen=True, slots=True)
class RoofsToday(PlainData):
    """The roofs that all scores of a board are held against."""

    flop_per_s: float
    """The highest flat one."""
    bandwidth_byte_per_s: Mapping[str, float]
    """By memory level."""
    threads: int
    measured: str
    """When a roof of that machine was measured last: ISO 8601, UTC."""


def roofs_today(event: Event, fingerprint: str, store: Store) -> RoofsToday | None:
    """Those of one machine; None where the event needs none, and where the store has none."""
    peaks = None if event.kind == MISSES else store.peaks(fingerprint)
    if peaks is None:
        return None
    held = HeldAgainst.of(peaks.ceilings, event.dtype, threads_known(event, peaks.ceilings))
    if held.compute is None or not held.memory:
        return None
    slopes = {level: roof.value for level, roof in held.memory.items() if roof.level == level}
    return RoofsToday(held.compute.value, slopes, held.threads, peaks.created)


def verdict_today(id: str, store: Store, known: Mapping[str, Event] | None = None) -> Verdict | None:
    """One verdict under the roofs of its machine that are known now; None where there is none."""
    found = Entries(store).verdict(id)
    if found is None:
        return None
    event = (known or {one.name: one for one in events()}).get(found.event)
    peaks = None if event is None else store.peaks(found.fingerprint)
    return found if event is None or peaks is None else rescored(found, event, peaks.ceilings)


def _with_sizes(one: Judged, records: Entries) -> Judged:
    if one.sizes or one.score is None:
        return one
    whole = records.verdict(one.id)
    return one if whole is None else replace(one, sizes=summary(whole).sizes)
