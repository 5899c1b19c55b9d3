"""What a job hears of its measuring: events passed on, results kept and stored."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING

from accel_core.errors import AccelError
from accel_core.model import Environment
from accel_core.runner import ending
from accel_core.runner.job import Event, Job
from accel_core.runner.storing import Storing

if TYPE_CHECKING:
    from accel_core.store import Store

LAST_RESULTS_S = 0.2
"""For what a cancelled worker wrote to be read, and then to be stored; a cancel has one second in all."""
STORE_POLL_S = 0.2
STILL_STORING = "storing the results; the store is slow, or another program holds it"


class Receiving:
    """Takes the events of whoever measures for `job`, on this host or another.

    A result is credited to the machine and the versions that the event "ready" before it names. `store` None
    stands for the user's own. Made before the turn: it imports what takes long.
    """

    def __init__(self, job: Job, store: Store | None = None) -> None:
        from accel_core.bench.events import RESULT_TYPES
        from accel_core.store import Store

        self._job = job
        self._result_types = RESULT_TYPES
        self.store = Store() if store is None else store
        self._storing = Storing(self.store)
        self._ready: Event = {}
        self.last: Event | None = None
        """The event with which the measuring ended; None before."""

    def receive(self, event: Event) -> None:
        """Handle one event, on the thread that hears it."""
        kind = event["event"]
        if kind in ("done", "failed", "busy"):
            self.last = self.last or event
            self._job.nudge()
        elif kind == "warning":
            self._job.warn(str(event.get("message")))
        elif kind == "result":
            self._receive_result(event)
        elif kind in ("started", "ready", "step"):
            if kind == "ready":
                self._ready = event
            if kind == "step":
                self._job.step(event)
                event = {**event, "expected_s": self._job.progress.expected_s}
            self._job.tell(event)

    def _receive_result(self, event: Event) -> None:
        from accel_core.store import Entry, Stored, is_kept

        kind = str(event.get("type"))
        try:
            result = self._result_types[kind].from_dict(event["data"])
            versions = Environment.from_dict(self._ready["environment"])
            fingerprint = self._ready["fingerprint"]
            entry = Entry(kind, result, fingerprint, versions) if isinstance(result, Stored) else None
        except (ValueError, TypeError, KeyError) as error:
            self._job.warn(f"A result of the worker could not be read ({error!r}) and is missing here.")
            return
        self._job.add(result)
        if entry is not None and is_kept(result):
            self._storing.add(entry)
        self._job.tell(event)

    def store_the_rest(self) -> None:
        """Wait for what is still being stored, the turn being over, and say what is not. A cancel ends that."""
        self._storing.close()
        if not self._storing.wait(LAST_RESULTS_S) and not self._job.cancel_requested:
            steps = self._job.progress.total
            still = {"event": "step", "name": STILL_STORING, "done": steps, "total": steps, "expected_s": None}
            self._job.step(still)
            self._job.tell(still)
            while not (self._storing.wait(STORE_POLL_S) or self._job.cancel_requested):
                pass
        self._job.unstored, sentence = self._storing.left()
        if sentence:
            self._job.warn(sentence)


def live(job: Job, store: Store | None, measure: Callable[[Receiving], None]) -> None:
    """The whole life of `job`; never raises. `measure` returns once it is over, and raises how it failed."""
    failure: AccelError | None = None
    receiving: Receiving | None = None
    try:
        receiving = Receiving(job, store)
        measure(receiving)
    except AccelError as error:
        failure = error
    except Exception as error:
        failure = ending.unexpected(error)
        failure.add_note(traceback.format_exc())
    if receiving is not None:
        receiving.store_the_rest()
    job.finish(failure, "\n".join(getattr(failure, "__notes__", ())))
