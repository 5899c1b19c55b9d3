"""A host's part of a job: it takes the host's own queue and starts the host's own measuring process."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Mapping
from typing import Any

from accel_core.errors import AccelError
from accel_core.race import Calibration
from accel_core.runner import Job, submit
from accel_core.runner.ending import failed_event
from accel_core.runner.tickets import open_queue
from accel_core.store import Entry, Store
from accel_core.store.refine import PeakPart

Event = dict[str, Any]
OWNER = "a pool"
"""In the host's own queue: all that a pool sends takes turns with others as one."""
PASSED_ON = ("queued", "started", "ready", "step", "result", "warning")
LOOK_S = 1.0
_lock = threading.Lock()
_running: dict[str, Job] = {}
_cancelled: set[str] = set()


class HostStore(Store):
    """What a host keeps of what it measures: what it acts by itself. Who asked for the rest keeps it."""

    def add(self, entry: Entry) -> None:
        """Store roofs and calibrations."""
        if isinstance(entry.record, PeakPart | Calibration):
            super().add(entry)


def measure(id: str, job: Mapping[str, Any], send: Callable[[int, Event], None]) -> dict[str, Any]:
    """All events of `job`, with the last one; `send` gets each with its number as it happens."""
    events: list[Event] = []
    count = itertools.count()
    hearing = threading.Lock()

    def hear(event: Event) -> None:
        if event["event"] in PASSED_ON:
            with hearing:
                events.append(event)
                send(next(count), event)

    try:
        with _lock:
            started = _running[id] = submit(job, OWNER, store=HostStore(), on_event=hear)
            if id in _cancelled:
                started.cancel()
        started.wait()
        failure, detail = started.failure, started.detail
    except AccelError as error:
        failure, detail = error, ""
    finally:
        with _lock:
            _running.pop(id, None)
            _cancelled.discard(id)
    last = {"event": "done"} if failure is None else failed_event(failure, detail)
    with hearing:
        return {"events": list(events), "last": last}


def cancel(id: str) -> None:
    """End the job `id`, also where it comes only now."""
    with _lock:
        if id in _running:
            _running[id].cancel()
        else:
            _cancelled.add(id)


def cancel_all() -> None:
    """End the jobs that run here: the host leaves its pool."""
    with _lock:
        for job in _running.values():
            job.cancel()


def doing() -> dict[str, Any]:
    """What this host does now, for its `Host`; the queue is not looked at while a job of the pool runs."""
    if _running:
        return {"busy": "measures for the pool", "waiting": 0}
    queue = open_queue()
    order = queue.places(max_age_s=LOOK_S)
    others = any(place == 0 for place in order.values()) or queue.measured_elsewhere
    waiting = sum(place > 0 for place in order.values())
    return {"busy": "measures for somebody on the host" if others else "", "waiting": waiting}
