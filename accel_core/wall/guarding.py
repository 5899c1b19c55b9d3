"""A thread that ends a child which does not stop: whoever waits for that stop can do nothing else."""

from __future__ import annotations

import math
import os
import signal
import threading
import time
from contextlib import suppress

STOP_S = 5.0
"""What a stop may take beyond the time of a call; microseconds are usual."""
LOOK_S = 1.0
"""How often the guard looks: each look takes some microseconds of a call that runs meanwhile."""


class Guard:
    """Kills the process `pid` where `deadline` has long passed and nobody has lifted it."""

    def __init__(self, pid: int) -> None:
        self.deadline = math.inf
        """time.monotonic() by which a call should have ended; whoever calls sets and lifts it."""
        self.killed = False
        self._pid = pid
        self._over = threading.Event()
        threading.Thread(target=self._look, daemon=True, name="guard of a child").start()

    def end(self) -> None:
        """Look no more: the process is gone, and its number may become another's."""
        self.deadline = math.inf
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(LOOK_S):
            if time.monotonic() > self.deadline + STOP_S:
                self.killed, self.deadline = True, math.inf
                with suppress(ProcessLookupError):
                    os.kill(self._pid, signal.SIGKILL)
