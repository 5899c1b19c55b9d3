"""This process's connection to its pool: one for all its jobs, made when it is first needed."""

from __future__ import annotations

import atexit
import json
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from queue import Empty, Queue
from typing import Any

from accel_core import __version__
from accel_core.errors import AccelError
from accel_core.model.hosts import Host, Wanted
from accel_core.pool.address import Address, given
from accel_core.pool.desk import Standing
from accel_core.pool.engine import engine, security
from accel_core.pool.hosting import BENCH, run_order
from accel_core.pool.serving import EVENTS

CONNECT_S = 10.0
LET_IN_S = 5.0
"""For who listens at the address to say that it is a pool."""
ANSWER_S = 20.0
LOOK_S = 0.2
HOSTS_S = 1.0
SILENT_S = 2.0
"""A pool that did not answer is not called again for so long: all who waited to call it hear that at once."""
Event = dict[str, Any]
Hear = Callable[[int, Event], None]


class Line:
    """Speaks to the scheduler at `address`; safe for many threads. AccelError where it does not answer."""

    def __init__(self, address: Address) -> None:
        self.address = address
        try:
            self._client = _client(address)
            self._client.subscribe_topic(EVENTS + self._client.id, self._hear)
        except (OSError, TimeoutError) as error:
            raise AccelError(self._silent()) from error
        self._lock = threading.Lock()
        self._hearing: dict[str, Hear] = {}
        self._hosts: tuple[float, dict[str, Host]] = (float("-inf"), {})
        self._standings: tuple[float, dict[str, Standing]] = (float("-inf"), {})
        self._check_version()

    @property
    def open(self) -> bool:
        """Whether the scheduler is still there, as far as is known."""
        return bool(self._client.status in ("running", "connecting", "newly-created"))

    def close(self) -> None:
        """Hang up."""
        self._client.close(timeout=1)

    def hosts(self) -> list[Host]:
        """The hosts by name, at most HOSTS_S old."""
        return sorted(self.by_address().values(), key=lambda host: host.name)

    def by_address(self) -> dict[str, Host]:
        """The hosts by address, at most HOSTS_S old."""
        with self._lock:
            when, known = self._hosts
            if time.monotonic() - when > HOSTS_S:
                known = {one["address"]: Host.from_dict(one) for one in self._ask("accel_hosts")}
                self._hosts = (time.monotonic(), known)
            return known

    def standing(self, id: str) -> Standing:
        """What job `id` is told, at most LOOK_S old: one question serves all jobs of this process."""
        with self._lock:
            when, known = self._standings
            if time.monotonic() - when > LOOK_S or id not in known:
                told: Mapping[str, Any] = self._ask("accel_look", client=self._client.id)
                known = {one: Standing(**standing) for one, standing in told.items()}
                self._standings = (time.monotonic(), known)
        if id not in known:
            raise AccelError(f"The pool at {self.address} was started anew and lost this job: run it again.")
        return known[id]

    def enter(self, id: str, owner: str, wanted: Wanted, hear: Hear) -> None:
        """Queue job `id` up; `hear` gets the events of its host, with their numbers."""
        self._hearing[id] = hear
        self._ask("accel_enter", id=id, owner=owner, client=self._client.id, wanted=asdict(wanted))
        self._forget()

    def send(self, id: str, address: str, job: Mapping[str, Any]) -> Any:
        """The engine's future of job `id` at the host that it was given."""
        return self._client.submit(
            run_order,
            id,
            self._client.id,
            job,
            key=f"accel-{id}",
            workers=[address],
            allow_other_workers=False,
            resources={BENCH: 1},
            retries=0,
            pure=False,
        )

    def compute(self, *graphs: Any) -> list[Any]:
        """The values of Dask's collections: a host works on one piece at a time, none beside a job."""
        futures = self._client.compute(list(graphs), resources={BENCH: 1}, retries=0)
        try:
            return list(self._client.gather(futures))
        except AccelError:
            raise
        except Exception as error:  # whatever a host raised, or that it is gone
            said = type(error).__name__
            raise AccelError(f"The hosts of the pool did not finish ({said}): run it again.") from error
        finally:
            self._client.cancel(futures)

    def cancel(self, id: str) -> None:
        """Have job `id` ended at its host."""
        self._ask("accel_cancel", id=id)

    def leave(self, id: str) -> None:
        """Give the host back."""
        self._hearing.pop(id, None)
        self._ask("accel_leave", id=id)
        self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._standings = (float("-inf"), {})

    def _hear(self, told: tuple[float, Any]) -> None:
        """On the engine's own thread: pass an event on."""
        _, message = told
        if (hear := self._hearing.get(message["id"])) is not None:
            hear(message["number"], json.loads(message["event"]))

    def _ask(self, name: str, **what: Any) -> Any:
        try:
            return self._client.sync(self._asked, name, what, callback_timeout=ANSWER_S)
        except (OSError, TimeoutError, RuntimeError) as error:
            raise AccelError(self._silent()) from error

    async def _asked(self, name: str, what: Mapping[str, Any]) -> Any:
        return await getattr(self._client.scheduler, name)(**what)

    def _silent(self) -> str:
        return f"The pool at {self.address} does not answer: see that `accel pool start` runs, then run again."

    def _check_version(self) -> None:
        try:
            version = self._ask("accel_hello")["version"]
        except (AttributeError, TypeError, KeyError, ValueError) as error:
            self.close()
            raise AccelError(
                f"At {self.address} runs a scheduler that `accel pool start` did not start: it is not used."
            ) from error
        if version != __version__:
            self.close()
            raise AccelError(
                f"The pool at {self.address} runs accel {version}, and this program is {__version__}: install "
                "the same version on all hosts."
            )


def _client(address: Address) -> Any:
    """The engine's client; TimeoutError where nobody lets it in, for which the engine itself waits for ever."""
    distributed, safe = engine(), security(address)
    made: Queue[Any] = Queue()
    given_up = threading.Event()

    def make() -> None:
        try:
            client = distributed.Client(
                str(address),
                security=safe,
                timeout=CONNECT_S,
                set_as_default=False,
                direct_to_workers=False,
                name="accel",
            )
        except Exception as error:
            made.put(error)
            return
        made.put(client)
        if given_up.is_set():
            client.close(timeout=1)

    threading.Thread(target=make, name="call the pool", daemon=True).start()
    try:
        found = made.get(timeout=CONNECT_S + LET_IN_S)
    except Empty:
        given_up.set()
        raise TimeoutError(f"{address} lets nobody in") from None
    if isinstance(found, Exception):
        raise found
    return found


_opening = threading.Lock()
_lines: dict[Address, Line] = {}
_faults: dict[Address, tuple[float, str]] = {}
"""When a pool could not be called last, and why."""


def line() -> Line:
    """The connection to the pool that ACCEL_POOL names, made anew where it broke."""
    address = given()
    with _opening:
        known = _lines.get(address)
        if known is None or not known.open:
            known = _lines[address] = _called(address)
        return known


def _called(address: Address) -> Line:
    when, said = _faults.get(address, (float("-inf"), ""))
    if time.monotonic() - when < SILENT_S:
        raise AccelError(said)
    try:
        return Line(address)
    except AccelError as error:
        _faults[address] = time.monotonic(), str(error)
        raise


@atexit.register
def close() -> None:
    """Hang up all."""
    with _opening:
        while _lines:
            _lines.popitem()[1].close()
