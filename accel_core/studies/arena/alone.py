"""One program of this account and host at a time judges what waits in a store: the verdicts of two would do no
harm, but take twice the time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from accel_core.errors import AccelError
from accel_core.runner.tickets import open_queue
from accel_core.store import Store, faults


class JudgedElsewhere(AccelError):
    """Another program judges already."""


@contextmanager
def alone(store: Store) -> Iterator[None]:
    """While the block runs, no other program of this account judges; JudgedElsewhere where one does.

    Where no file can be locked, nothing keeps them apart.
    """
    name = hashlib.sha256(faults.place(store.url).encode()).hexdigest()[:12]
    lock = FileLock(open_queue().folder / f"arena-{name}.lock", timeout=0.0, fallback_to_soft=False)
    try:
        lock.acquire()
    except Timeout:
        raise JudgedElsewhere(
            "Another program on this computer judges what waits, the app perhaps: nothing is left to do here."
        ) from None
    except OSError:
        yield
        return
    try:
        yield
    finally:
        lock.release()
