"""What a job measured on its way into the store, on a thread of its own.

Neither the worker's pipe nor the queue waits for a database that another program holds. What the store does
not take is set aside (store/unsaved.py) and tried again with each later result, twice more when the job is
over, and with whatever is stored later.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from accel_core.errors import StoreUnavailable

if TYPE_CHECKING:
    from accel_core.store import Entry, Store

LAST_TRIES = 2
"""Once the turn is over; a database that another program holds makes each take store.faults.BUSY_S."""
PAUSE_S = 0.5
"""Between the two: where a try fails at once, the end of the job is not held up."""
log = logging.getLogger(__name__)


class Storing:
    """Stores entries in the order in which they come; whoever adds one does not wait."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._coming: list[Entry] = []
        """Not yet tried."""
        self._aside: list[Entry] = []
        """Tried in vain once."""
        self._wake = threading.Event()
        self._over = threading.Event()
        self._hurry = threading.Event()
        self._refused: list[str] = []
        """Why results will never be stored."""
        self._reason = "The store was still busy when the job ended."
        self._thread = threading.Thread(target=self._run, name="storing", daemon=True)
        self._thread.start()

    def add(self, entry: Entry) -> None:
        """Have `entry` stored; what comes after `left` is set aside."""
        with self._lock:
            self._coming.append(entry)
            if self._hurry.is_set():
                self._set_all_aside()
        self._wake.set()

    def close(self) -> None:
        """Nothing more will be added."""
        self._over.set()
        self._wake.set()

    def wait(self, timeout_s: float) -> bool:
        """After `close`: whether all was stored, or tried for the last time, within `timeout_s`."""
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def left(self) -> tuple[list[Entry], str]:
        """What waits to be stored, and the sentence that says so, with the reason and where it waits.

        The sentence also says which results no store takes.

        A try that still goes on is waited for no longer.
        """
        from accel_core.store import faults

        with self._lock:
            self._hurry.set()
            self._set_all_aside()
            entries, folder = self._store.unsaved(self._aside)
            waiting = [faults.unsaved(self._reason, len(entries), folder)] if entries else []
            return entries, " ".join([*self._refused, *waiting])

    def _run(self) -> None:
        while not self._over.is_set():
            self._wake.wait()
            self._wake.clear()
            self._store_what_came()
        for pause_s in (0.0, *(PAUSE_S for _ in range(1, LAST_TRIES))):
            if not self._waiting() or self._hurry.wait(pause_s):
                return
            self._try(self._store.take_in)

    def _store_what_came(self) -> None:
        while (entry := next(iter(self._coming), None)) is not None and not self._hurry.is_set():
            stored = self._try(partial(self._store.add, entry))
            with self._lock:
                if stored and entry in self._coming:
                    self._coming.remove(entry)
                elif not stored:  # those behind it would wait as long, one after another
                    self._set_all_aside()

    def _waiting(self) -> bool:
        return bool(self._store.unsaved(self._aside)[0])

    def _set_all_aside(self) -> None:
        for entry in self._coming:
            self._aside.append(entry)
            self._store.set_aside(entry)
        self._coming.clear()

    def _try(self, act: Callable[[], None]) -> bool:
        """Whether `act` is done with, and not to be tried again; `left` says why not."""
        from accel_core.store.faults import RecordTooLarge

        try:
            act()
        except RecordTooLarge as error:
            self._refused.append(str(error))
            return True
        except StoreUnavailable as error:
            self._reason = str(error)
        except Exception as error:  # whatever a database does: what was measured is shown
            log.exception("a result could not be stored")
            self._reason = f"The store failed with {type(error).__name__}."
        else:
            return True
        return False
