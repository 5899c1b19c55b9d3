"""A job as the one who submitted it sees it: state, place, progress, results."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from accel_core.errors import AccelError, JobCancelled, printable
from accel_core.privacy import without_user
from accel_core.runner.visitors import Visitor

if TYPE_CHECKING:
    from accel_core.runner.promise import Promise
    from accel_core.store import Entry

Event = dict[str, Any]
QUEUED = "queued"
FINAL = ("done", "failed", "cancelled")
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a job is, at one moment."""

    step: str = ""
    """What is measured now."""
    done: int = 0
    total: int = 0
    """Steps; 0 until the first one begins."""
    elapsed_s: float = 0.0
    """Since the turn began, 0 while queued."""
    expected_s: float | None = None
    """What is still expected for the whole job; None where nobody knows."""


class Job:
    """Made by `submit`. Everything may be read from any thread at any time; `cancel` and `claim` change it."""

    def __init__(
        self,
        id: str,
        owner: str,
        data: Mapping[str, Any],
        on_event: Callable[[Event], None] | None = None,
        visitor: Visitor | None = None,
    ) -> None:
        self.id = id
        self.owner = owner
        self.visitor = visitor
        """Who handed it in through a page; None for a program."""
        self._pages = {} if visitor is None else {visitor.session: visitor}
        self._attended_at = time.monotonic()
        self.data = dict(data)
        """What was submitted, checked and with its defaults."""
        self._on_event = on_event
        self._lock = threading.RLock()
        self._finished = threading.Event()
        self._wake = threading.Event()
        self._cancelled = False
        self._state = QUEUED
        self._place: int | None = None
        self._step: tuple[str, int, int, float | None, float] | None = None
        self._began: float | None = None
        self.host = ""
        """The host of a pool that measures it; empty where this one does."""
        self.promise: Promise | None = None
        """How long it was said to take, None where nothing was."""
        self._ended: float | None = None
        self._results: list[Any] = []
        self._warnings: list[str] = []
        self._failure: AccelError | None = None
        self._detail = ""
        self.unstored: list[Entry] = []
        """At the end, what the store did not take: each result as the store would keep it."""

    @property
    def state(self) -> str:
        """ "queued", "running", "done", "failed" or "cancelled"."""
        return self._state

    @property
    def place(self) -> int:
        """How many jobs go before this one, on the whole host: 0 where it is the next or runs already."""
        return self._place or 0

    @property
    def progress(self) -> Progress:
        """How far it is now."""
        with self._lock:
            now = self._ended or time.monotonic()
            elapsed_s = now - self._began if self._began is not None else 0.0
            if self._step is None:
                return Progress(elapsed_s=elapsed_s, expected_s=self._promised_s(elapsed_s))
            step, done, total, expected_s, at = self._step
            if self.promise is not None and len(self.promise.steps_s) == total and self._state not in FINAL:
                expected_s = self.promise.left_s(done, now - at)
            elif expected_s is not None:
                expected_s = max(0.0, expected_s - (now - at))
            else:
                expected_s = self._promised_s(elapsed_s)
            return Progress(step, done, total, elapsed_s, expected_s)

    def _promised_s(self, elapsed_s: float) -> float | None:
        """What is left of the promise; None where there is none, or the turn has not come."""
        if self.promise is None or self._began is None:
            return None
        return max(0.0, self.promise.total_s - elapsed_s)

    @property
    def results(self) -> list[Any]:
        """Measurement, Refusal, Comparison, Ceiling, Latency, Clock ... objects, as they arrived."""
        with self._lock:
            return list(self._results)

    @property
    def warnings(self) -> list[str]:
        """The sentences of its warnings, as they arrived."""
        with self._lock:
            return list(self._warnings)

    @property
    def failure(self) -> AccelError | None:
        """Why there is no complete result, as the error that `run` raises; None while all is well."""
        return self._failure

    @property
    def error(self) -> str | None:
        """The sentence of `failure`."""
        return None if self._failure is None else str(self._failure)

    @property
    def detail(self) -> str:
        """Traceback and last output of a failed worker, for a log; never part of a sentence."""
        return self._detail

    @property
    def cancel_requested(self) -> bool:
        """Whether `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """End it within one second, queued or running; what was measured stays. Too late for a finished job."""
        self._cancelled = True
        self._wake.set()

    def claim(self, visitor: Visitor) -> bool:
        """Whether `visitor` is the one who handed it in; from then on their page too keeps it in the queue."""
        if self.visitor is None or not self.visitor.is_same(visitor):
            return False
        with self._lock:
            self._pages[visitor.session] = visitor
        return True

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait for the end; False where `timeout_s` passed first."""
        return self._finished.wait(timeout_s)

    # -- for the supervisor ----------------------------------------------------------------------------------

    def nudge(self) -> None:
        """Wake the supervisor: something happened."""
        self._wake.set()

    def pause(self, timeout_s: float) -> None:
        """Sleep until `nudge`, `cancel` or `timeout_s`."""
        self._wake.wait(timeout_s)
        self._wake.clear()

    def unattended_s(self) -> float:
        """For how long every page that it was handed in from has been closed; 0 for a program's job."""
        with self._lock:  # a page that comes back claims the job anew, so closed ones are forgotten
            self._pages = {session: page for session, page in self._pages.items() if page.present()}
            if self.visitor is None or self._pages:
                self._attended_at = time.monotonic()
            return time.monotonic() - self._attended_at

    def move_to(self, place: int) -> None:
        """Tell the new place in the queue, where it is another."""
        if place != self._place:
            self._place = place
            self.tell({"event": "queued", "place": place})

    def begin(self) -> None:
        """Its turn has come: it runs from now on."""
        with self._lock:
            self._state, self._place, self._began = "running", 0, time.monotonic()

    def queue_again(self) -> None:
        """Its turn was none: it waits on."""
        with self._lock:
            self._state, self._place, self._began = QUEUED, None, None

    def step(self, event: Mapping[str, Any]) -> None:
        """Take what a step event says."""
        expected = event.get("expected_s")
        with self._lock:
            self._step = (
                str(event.get("name", "")),
                int(event.get("done", 0)),
                int(event.get("total", 0)),
                None if expected is None else float(expected),
                time.monotonic(),
            )

    def add(self, result: Any) -> None:
        """Keep a result."""
        with self._lock:
            self._results.append(result)

    def warn(self, message: str) -> None:
        """Keep a warning and tell it, each sentence once."""
        message = without_user(printable(message))  # it may name a path: one that is no UTF-8, or a home
        with self._lock:
            if message in self._warnings:
                return
            self._warnings.append(message)
        self.tell({"event": "warning", "message": message})

    def finish(self, failure: AccelError | None, detail: str = "") -> None:
        """The end. Only the first call counts."""
        with self._lock:
            if self._state in FINAL:
                return
            self._failure, self._detail = failure, detail
            self._ended = time.monotonic()
            if failure is None:
                self._state = "done"
                if self._step is not None:
                    name, _, total, _, at = self._step
                    self._step = (name, total, total, 0.0, at)
            else:
                self._state = "cancelled" if isinstance(failure, JobCancelled) else "failed"
        if failure is not None and detail:
            log.error("job %s: %s\n%s", self.id, failure, detail)
        told: Event = {"event": self._state}
        self.tell(told if failure is None else {**told, "message": str(failure)})
        self._finished.set()

    def tell(self, event: Event) -> None:
        """Hand `event` to the one who submitted; what goes wrong there is logged and does not end the job."""
        if self._on_event is None:
            return
        try:
            self._on_event(event)
        except Exception:
            log.exception("job %s: on_event failed", self.id)
