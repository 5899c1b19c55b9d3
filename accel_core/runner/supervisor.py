"""One job from its submission to its end, on a thread of the process that submitted it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from accel_core.errors import AccelError, StoreUnavailable
from accel_core.machine import environment
from accel_core.model import Machine, Measurement
from accel_core.race import Calibration
from accel_core.runner import ending
from accel_core.runner.job import Event, Job
from accel_core.runner.kinds import KINDS
from accel_core.runner.kinds.kind import ROOFS
from accel_core.runner.queue import Ticket
from accel_core.runner.receiving import LAST_RESULTS_S, Receiving, live
from accel_core.runner.spec import Spec, memory_now_bytes
from accel_core.runner.tickets import TicketFolder, open_queue
from accel_core.runner.visitors import unattended_s
from accel_core.runner.workers import COMMAND, Worker

if TYPE_CHECKING:
    from accel_core.store import Store

QUEUE_POLL_S, FAR_POLL_S = 0.2, 2.0
"""How often the next job looks whether its turn has come, and one that stands far back where it stands. So long
at the most nothing is measured where all that went before it leave at once."""
WATCH_S = 0.1
"""How often the worker's memory is looked at: about 0.04 % of a core."""
HELD_S = 1.0
"""How long a job whose turn it is waits for the roofs that are stored: the queue waits with it."""
MOST_RECORDS = 500
"""The newest of a machine's records, asked for how long things take."""
BESIDE_OTHERS = (
    "Another account has had this computer's turn for longer than any job may take: this job is measured "
    "beside it."
)
log = logging.getLogger(__name__)


class Supervisor:
    """Waits for the turn of `job`, has it measured, passes on and stores what arrives, keeps the limits.

    `store` None stands for the user's own; `command` starts the worker. Without `machine` nothing is promised.
    """

    def __init__(
        self,
        job: Job,
        spec: Spec,
        *,
        store: Store | None = None,
        machine: Machine | None = None,
        command: Sequence[str] = COMMAND,
    ) -> None:
        self._job = job
        self._spec = spec
        self._machine = machine
        self._store = store
        self._command = command
        self._receiving: Receiving

    def run(self) -> None:
        """The whole life of the job; never raises."""
        live(self._job, self._store, self._queue_up)

    def _queue_up(self, receiving: Receiving) -> None:
        """Return when it was measured; raise what else can happen."""
        self._receiving = receiving
        self._foresee()
        queue = open_queue()
        ticket = queue.enter(self._job.owner)
        try:
            while not self._measure(queue, ticket, self._wait_for_turn(queue, ticket)):
                queue.step_back(ticket)
                self._job.queue_again()
        finally:
            self._leave(queue, ticket)

    def _foresee(self) -> None:
        """Tell the job how long it will take; what goes wrong there is no reason not to measure."""
        from accel_core.runner.known import Known
        from accel_core.runner.promise import core_pace, promise

        if self._machine is None:
            return
        measured, calibrated = self._on_record(self._machine)
        try:
            pace = core_pace(ask=not self._machine.pretended)
            self._job.promise = promise(self._spec.data, Known(self._machine, measured, calibrated, pace))
        except Exception:
            log.exception("job %s: nobody knows how long it will take", self._job.id)

    def _on_record(self, machine: Machine) -> tuple[list[Measurement], list[Calibration]]:
        """Measurements of `machine`, newest first, and calibrations, oldest first; none without a store."""
        try:
            measured = self._receiving.store.measurements(machine.fingerprint, limit=MOST_RECORDS)
            return measured, self._receiving.store.calibrations(machine.fingerprint, environment())
        except StoreUnavailable:
            return [], []

    def _wait_for_turn(self, queue: TicketFolder, ticket: Ticket) -> bool:
        """Return once it is this job's turn; True where others have the host's too long to be waited for."""
        while not self._job.cancel_requested:
            place = queue.places(max_age_s=QUEUE_POLL_S).get(ticket.id, 0)
            beside_others = queue.elsewhere_too_long()
            if place == 0 and queue.take_turn(ticket):
                return beside_others
            self._job.move_to(place)
            if self._job.unattended_s() > (most_s := unattended_s()):
                raise ending.unattended(most_s)
            self._job.pause(look_again_s(place))
        raise ending.cancelled()

    def _leave(self, queue: TicketFolder, ticket: Ticket) -> None:
        try:
            queue.leave(ticket)
        except (AccelError, OSError):  # the others see that nothing runs once this process has ended
            log.exception("job %s: its ticket could not be removed", self._job.id)

    def _measure(self, queue: TicketFolder, ticket: Ticket, beside_others: bool) -> bool:
        """Have the job measured; False where another account has the host's turn.

        When this returns or raises, the worker is gone.
        """
        if beside_others:
            self._job.warn(BESIDE_OTHERS)
        self._receiving.last = None
        self._job.begin()
        memory_limit_bytes = memory_now_bytes(self._spec)
        worker = Worker(self._command, self._receive, self._spec.kind)
        try:
            queue.name_worker(ticket, worker.process, self._spec.time_limit_s)
            for warning in worker.warnings:
                self._job.warn(warning)
            # on a thread, because a store, or a worker that does not read, may hang: the limits hold meanwhile
            sending = partial(self._send, worker, beside_others)
            threading.Thread(target=sending, name="send a job", daemon=True).start()
            self._watch(worker, memory_limit_bytes)
        except BaseException:
            worker.stop()
            worker.drain(LAST_RESULTS_S)
            raise
        worker.close()
        return self._last is None or self._last["event"] != "busy"

    def _send(self, worker: Worker, beside_others: bool) -> None:
        worker.send({**self._spec.data, **self._roofs()}, beside_others=beside_others)

    def _roofs(self) -> dict[str, Any]:
        """What the worker is told of the machine's roofs, if its kind asks.

        To read them itself, it would import what no other part of it needs.
        """
        machine, kind = self._machine, KINDS.get(self._spec.kind)
        if machine is None or kind is None or not kind.told_roofs:
            return {}
        found: list[dict[str, Any]] = []

        def read() -> None:
            try:
                known = self._receiving.store.peaks(machine.fingerprint)
            except StoreUnavailable:
                return
            except Exception:
                log.exception("job %s: the roofs could not be read", self._job.id)
                return
            if known is not None:
                found.append(known.without_samples().to_dict())

        reading = threading.Thread(target=read, name="read the roofs", daemon=True)
        reading.start()
        reading.join(HELD_S)
        return {ROOFS: found[0]} if found else {}

    def _watch(self, worker: Worker, memory_limit_bytes: int) -> None:
        """Return when the worker is done; raise what else can happen."""
        deadline = time.monotonic() + self._spec.time_limit_s
        while self._last is None:
            self._job.pause(WATCH_S)
            if self._job.cancel_requested:
                raise ending.cancelled()
            if self._last is None and worker.returncode is not None:
                if not worker.drain(WATCH_S) and time.monotonic() < deadline:
                    continue  # whoever listens is still being told its last results
                if self._last is None:
                    raise _noted(ending.died(worker.returncode, worker.last_words), worker.last_words)
            if time.monotonic() > deadline:
                raise ending.over_time(self._spec.time_limit_s)
            used = worker.resident_bytes()
            if used is not None and used > memory_limit_bytes:
                raise ending.over_memory(used, memory_limit_bytes)
        if self._last["event"] == "failed":
            detail = f"{self._last.get('detail', '')}\n{worker.last_words}"
            raise _noted(ending.reported(self._last), detail)

    def _receive(self, event: Event) -> None:
        """Handle one event of the worker, on the thread that reads them."""
        if event["event"] == "ready":
            self._learn_start()
        self._receiving.receive(event)

    @property
    def _last(self) -> Event | None:
        """The worker's last event; None as long as it measures."""
        return self._receiving.last

    def _learn_start(self) -> None:
        from accel_core.runner.promise import learn_start

        learn_start(self._job.progress.elapsed_s)


def look_again_s(place: int) -> float:
    """After how long a job looks at its place again: the further back it stands, the later.

    Each job waits on a thread of its own; 500 that all looked five times a second took a tenth of a processor.
    """
    return min(QUEUE_POLL_S * max(place, 1), FAR_POLL_S)


def _noted(error: AccelError, detail: str) -> AccelError:
    """`error` with a note for the log; its sentence stays as it is."""
    error.add_note(detail.strip())
    return error
