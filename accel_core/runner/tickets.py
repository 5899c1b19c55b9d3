"""The queue on disk: one JSON file a ticket in a local folder, every look and change under one file lock.

All processes of a user account on one host share the folder. Whoever looks also cleans: a ticket whose owner is
gone is removed, after the worker that it may have left behind was ended. A process that stands still (Ctrl-Z)
blocks nobody: while it waits it is passed over, and once its worker has ended, or the time written in its
ticket is over, others end its turn.

Between accounts there is the host's turn, which a worker takes (accel_core/host_lock.py): while it is taken by
one that is not of this queue, nobody here has a turn either.
"""

from __future__ import annotations

import json
import logging
import os
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from accel_core import host_lock
from accel_core.errors import AccelError
from accel_core.runner.folders import queue_folder, queue_lock
from accel_core.runner.processes import is_alive, is_stopped, stop, this_process
from accel_core.runner.queue import RUNNING, Process, Ticket, next_number, next_ticket, places, without
from accel_core.runner.spec import MAX_TIME_S

LOCK_WAIT_S = 20.0
"""Longer than ending a left-over worker takes under the lock."""
UNLOCK_WAIT_S = 1.0
"""Longer than a look at the queue takes."""
START_S = 120.0
"""For a worker to be started and named, once its job has the turn."""
LATE_S = 60.0
"""A job ends itself at its limit; so much later others end it."""
SUFFIX = ".json"
SETTLED_NS = 1_000_000_000
"""A file that was read so soon after its last change may have changed once more with the same time on it: the
clocks of file systems tick in up to some hundredths of a second."""
log = logging.getLogger(__name__)
_opening = threading.Lock()
_open: dict[Path, TicketFolder] = {}
"""One object a folder, so that all jobs of this process share one look at it."""


def open_queue() -> TicketFolder:
    """The queue of this user account on this host; AccelError where no folder for it can be written."""
    with _opening:
        folder = queue_folder()
        return _open.setdefault(folder, TicketFolder(folder))


@contextmanager
def unlocked() -> Iterator[None]:
    """While the block runs, no thread of this process holds a queue's lock. Not for a thread that holds one.

    A thread that only waits for the lock, which another process has, is waited for UNLOCK_WAIT_S.
    """
    with ExitStack() as stack:
        for lock in (_opening, *(folder._threads for folder in _open.values())):
            if lock.acquire(timeout=UNLOCK_WAIT_S):
                stack.callback(lock.release)
        yield


@dataclass(frozen=True, slots=True)
class _Read:
    """A ticket, and by what its file was known when it was read."""

    ticket: Ticket
    mark: tuple[int, int, int]
    read_ns: int

    def is_of(self, mark: tuple[int, int, int]) -> bool:
        """Whether a file with this mark says the same for certain."""
        return self.mark == mark and self.read_ns - mark[0] > SETTLED_NS


def _marks(folder: Path) -> dict[str, tuple[int, int, int]]:
    """When each ticket's file was last changed, its number and its length, by its name and in its order."""
    found = {}
    with suppress(FileNotFoundError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.name.endswith(SUFFIX):
                with suppress(OSError):
                    known = entry.stat()
                    found[entry.name] = known.st_mtime_ns, known.st_ino, known.st_size
    return dict(sorted(found.items()))


class TicketFolder:
    """The queue in `folder`; safe for many threads and processes at once.

    `alive`, `stopped`, `end` (end a process, True once it is gone) and `now` can be replaced in a test.
    """

    def __init__(
        self,
        folder: Path,
        *,
        alive: Callable[[Process], bool] = is_alive,
        stopped: Callable[[Process], bool] = is_stopped,
        end: Callable[[Process], bool] = stop,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder = folder
        self._alive = alive
        self._stopped = stopped
        self._end = end
        self._now = now
        self._threads = threading.Lock()
        self._known: dict[str, _Read] = {}
        """What each file said when it was read last, by its name."""
        self._seen: tuple[float, dict[str, int]] = (float("-inf"), {})
        """When this process looked last, and the places it saw."""
        self._elsewhere_since: float | None = None
        """From when on others have had the host's turn, as far as this process saw."""

    def enter(self, owner: str) -> Ticket:
        """Queue up: a new ticket at the end."""
        with self._locked():
            number = next_number(self._read())
            created = datetime.now(UTC).isoformat(timespec="seconds")
            ticket = Ticket(uuid.uuid4().hex, owner, this_process(), number, number, created)
            self._write(ticket)
            self._forget()
        return ticket

    def places(self, max_age_s: float = 0.0) -> dict[str, int]:
        """Jobs before each ticket that can have a turn; a look at most `max_age_s` old serves all threads."""
        with self._threads:
            when, seen = self._seen
        if time.monotonic() - when > max_age_s:
            with self._locked():
                tickets = self._living()
                seen = places(self._ready(tickets))
                self._look_elsewhere(any(ticket.state == RUNNING for ticket in tickets))
                if self.measured_elsewhere and not self.elsewhere_too_long():
                    seen = {id: place + 1 for id, place in seen.items()}
                self._seen = (time.monotonic(), seen)
        return seen

    @property
    def measured_elsewhere(self) -> bool:
        """Whether, at the last look, somebody else had this host's turn: another account, or another queue."""
        return self._elsewhere_since is not None

    def take_turn(self, ticket: Ticket) -> bool:
        """Mark `ticket` as running if nobody else runs and it is the next; False where it has to wait on."""
        with self._locked():
            tickets = self._living()
            if all(other.id != ticket.id for other in tickets):  # its file was damaged or deleted by hand
                self._write(ticket)
                tickets.append(ticket)
            first = next_ticket(self._ready(tickets))
            if any(other.state == RUNNING for other in tickets) or first is None or first.id != ticket.id:
                return False
            self._write(replace(first, state=RUNNING, ends_s=self._now() + START_S))
            return True

    def step_back(self, ticket: Ticket) -> None:
        """Wait on: `ticket` had its turn here, and its worker found that another account has the host's."""
        with self._locked():
            self._write(ticket)
            self._forget()

    def name_worker(self, ticket: Ticket, worker: Process, limit_s: float) -> None:
        """Write down who measures for `ticket`, and for at most how long: so others can end it if this process
        dies or stands still. AccelError where they have ended its turn before."""
        with self._locked():
            if not self._path(ticket.id).exists():
                raise AccelError("This process stood still until its turn was over: run it again.")
            ends_s = self._now() + limit_s + LATE_S
            self._write(replace(ticket, state=RUNNING, worker=worker, ends_s=ends_s))

    def leave(self, ticket: Ticket) -> None:
        """Give the place back. The worker must be gone by now."""
        with self._locked():
            self._remove(self._read(), ticket.id)
            self._forget()

    def _look_elsewhere(self, mine: bool) -> None:
        """See whether others have the host's turn, which they may not where one of ours runs."""
        if not host_lock.is_taken():
            self._elsewhere_since = None
        elif self._elsewhere_since is None and not mine:
            self._elsewhere_since = self._now()

    def elsewhere_too_long(self) -> bool:
        """Whether others have the host's turn for longer than any job may take, and are not waited for."""
        return self._elsewhere_since is not None and self._now() - self._elsewhere_since > MAX_TIME_S + LATE_S

    def _forget(self) -> None:
        self._seen = (float("-inf"), {})

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """One thread of one process at a time; AccelError after LOCK_WAIT_S, or where locking is refused."""
        with self._threads:
            lock = self._lock()
            try:
                yield
            finally:
                lock.release()

    def _lock(self) -> FileLock:
        lock = queue_lock(self.folder, LOCK_WAIT_S)
        try:
            lock.acquire()
        except Timeout:
            raise AccelError(
                f"The queue of benchmarks in {self.folder} has been locked for {LOCK_WAIT_S:.0f} s by another "
                "process: end stopped accel or streamlit processes, then run again."
            ) from None
        except OSError as error:
            raise AccelError(
                f"The queue of benchmarks in {self.folder} cannot be locked ({error.strerror or error}): set "
                "ACCEL_QUEUE to a folder of yours on a local disk."
            ) from error
        return lock

    def _living(self) -> list[Ticket]:
        """The tickets after the dead ones were removed, each together with the worker that it left behind."""
        tickets = self._read()
        alive = {process: self._alive(process) for process in {ticket.process for ticket in tickets}}
        for ticket in [one for one in tickets if not alive[one.process] or self._is_over(one)]:
            if ticket.worker is not None and not self._end(ticket.worker):
                continue  # it may still measure: its ticket holds the place until a later look
            tickets = self._remove(tickets, ticket.id)
        return tickets

    def _is_over(self, ticket: Ticket) -> bool:
        """Whether its turn ended and nobody gives it back: the limit is over, or the worker of one that stands
        still has ended."""
        if ticket.state != RUNNING:
            return False
        if ticket.ends_s is not None and self._now() > ticket.ends_s:
            return True
        return ticket.worker is not None and self._stopped(ticket.process) and not self._alive(ticket.worker)

    def _ready(self, tickets: Sequence[Ticket]) -> list[Ticket]:
        """Those that run, and those that would run if it were their turn."""
        still = {process: self._stopped(process) for process in {one.process for one in tickets}}
        return [ticket for ticket in tickets if ticket.state == RUNNING or not still[ticket.process]]

    def _remove(self, tickets: Sequence[Ticket], id: str) -> list[Ticket]:
        rest = without(tickets, id)
        self._path(id).unlink(missing_ok=True)
        before = {ticket.id: ticket for ticket in tickets}
        with suppress(OSError):  # on a full disk the queue moves on, only less fairly
            for ticket in rest:
                if ticket != before[ticket.id]:  # its turn moved
                    self._write(ticket)
        return rest

    def _read(self) -> list[Ticket]:
        """All tickets, by their ids. A file that has not changed since it was read is not read again: a class
        that waits has 500 of them, and somebody looks five times a second."""
        known, self._known = self._known, {}
        read_ns = time.time_ns()
        for name, mark in _marks(self.folder).items():
            if name in known and known[name].is_of(mark):
                self._known[name] = known[name]
                continue
            path = self.folder / name
            try:
                ticket = Ticket.from_dict(json.loads(path.read_text(encoding="utf-8")))
                if ticket.id != path.stem:
                    raise ValueError(f"holds ticket {ticket.id}")
            except FileNotFoundError:
                continue
            except (ValueError, TypeError, KeyError, OSError) as error:
                log.warning("moved the damaged ticket %s aside: %r", name, error)
                with suppress(OSError):
                    path.replace(path.with_suffix(".damaged"))
                continue
            self._known[name] = _Read(ticket, mark, read_ns)
        return [read.ticket for read in self._known.values()]

    def _write(self, ticket: Ticket) -> None:
        path = self._path(ticket.id)
        draft = path.with_suffix(".draft")
        draft.write_text(json.dumps(ticket.to_dict()), encoding="utf-8")
        draft.replace(path)

    def _path(self, id: str) -> Path:
        return self.folder / f"{id}{SUFFIX}"
