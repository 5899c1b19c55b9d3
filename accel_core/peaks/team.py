"""Threads that start a compiled probe together, each on a processor of its own where the system can say so."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from types import TracebackType

import numpy as np

from accel_core.machine import pin_thread, thread_wait_s

Work = Callable[[int, int], object]
"""(gate, target) -> anything: a probe with all but its last two arguments filled in."""
_FINE_CPU_TIME = sys.platform != "win32"
"""Windows counts a thread's CPU time in ticks of 15.6 ms (GetThreadTimes), longer than a try."""


@dataclass(frozen=True, slots=True)
class Try:
    """One run of all members: seconds from the last one's start to the last one's end, and what they lost."""

    elapsed_s: float
    lost: float
    """Greatest share of its time that a member was ready to run and had no processor, 0 to 1."""
    began_s: float = 0.0
    """When the last one started, by the monotonic clock."""


class Team:
    """`threads` workers; `cpus` are the processors they are pinned to, none where pinning is not possible."""

    def __init__(self, threads: int, cpus: Sequence[int]) -> None:
        self.threads = threads
        self._gate = np.zeros(16, dtype=np.int64)
        self._met = 0
        self.wall_s = self.lost_s = 0.0
        """Seconds that all threads spent in `time` so far, and how much of it they had no processor."""
        self.cpus = tuple(cpus)
        self._next = iter(range(threads))
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, "peak", initializer=self._pin)

    def _pin(self) -> None:
        with self._lock:
            index = next(self._next)
        if index < len(self.cpus):
            pin_thread({self.cpus[index]})

    def time(self, work: Sequence[Work]) -> Try:
        """Run one piece of `work` on each thread, all starting together."""
        gate = int(self._gate.ctypes.data)
        self._met += len(work)
        target = self._met

        def run(one: Work) -> tuple[float, float, float]:
            waited, cpu, ready = thread_wait_s(), time.thread_time(), time.perf_counter()
            one(gate, target)
            end, cpu = time.perf_counter(), time.thread_time() - cpu
            after = thread_wait_s()
            if waited is not None and after is not None:
                return ready, end, after - waited
            # a probe never blocks, so where the system does not count waiting, what is no CPU time is waiting
            return ready, end, max(end - ready - cpu, 0.0) if _FINE_CPU_TIME else 0.0

        spans = list(self._pool.map(run, work))
        self.wall_s += sum(end - ready for ready, end, _ in spans)
        self.lost_s += sum(lost for _, _, lost in spans)
        began = max(ready for ready, _, _ in spans)
        elapsed = max(end for _, end, _ in spans) - began
        lost = max(min(lost / max(end - ready, 1e-9), 1.0) for ready, end, lost in spans)
        return Try(elapsed, lost, began)

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
