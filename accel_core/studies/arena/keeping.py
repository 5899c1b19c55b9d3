"""The server's own judge: a thread that judges what waits, whenever something was handed in."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

from accel_core.errors import AccelError
from accel_core.studies.arena.alone import JudgedElsewhere
from accel_core.studies.arena.judging import judge_waiting

LOOK_S = 60.0
"""How often it looks without being woken: other programs hand in too, and another one may have been killed."""
log = logging.getLogger(__name__)


class Background:
    """Judges on a thread of its own, or leaves it to another program of this host that does."""

    def __init__(self, judge: Callable[..., Any] = judge_waiting, look_s: float = LOOK_S) -> None:
        self._judge, self._look_s = judge, look_s
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self.fault = ""
        """Why nothing is judged now, in a sentence; empty while all is well."""

    def wake(self) -> None:
        """Something was handed in, or the server has begun: judge what waits."""
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="arena", daemon=True)
                self._thread.start()
        self._wake.set()

    def stop(self) -> None:
        """Judge no more."""
        self._stopped.set()
        self._wake.set()

    def _run(self) -> None:
        while not self._stopped.is_set():
            self._wake.wait(self._look_s)
            self._wake.clear()
            try:
                self._judge(stop=self._stopped.is_set, tell=log.warning)
                self.fault = ""
            except JudgedElsewhere:
                self.fault = ""
            except AccelError as error:
                self.fault = str(error)
            except Exception:
                log.exception("the arena's judge failed")
                self.fault = "The judge failed; what waits is judged later."


@cache
def background() -> Background:
    """This server's."""
    return Background()
