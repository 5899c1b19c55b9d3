"""Threads that start a compiled probe together, each on a processor of its own where the system can say so."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

import numpy as np

from accel_core.machine import pin_thread

Work = Callable[[int, int], object]
"""(gate, target) -> anything: a probe with all but its last two arguments filled in."""


class Team:
    """`threads` workers; `cpus` are the processors they are pinned to, none where pinning is not possible."""

    def __init__(self, threads: int, cpus: Sequence[int]) -> None:
        self.threads = threads
        self._gate = np.zeros(16, dtype=np.int64)
        self._met = 0
        self.wall_s = self.cpu_s = 0.0
        """Seconds that all threads spent in `time` so far, and how much of it they had a processor."""
        self.cpus = tuple(cpus)
        self._next = iter(range(threads))
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(threads, "peak", initializer=self._pin)

    def _pin(self) -> None:
        with self._lock:
            index = next(self._next)
        if index < len(self.cpus):
            pin_thread({self.cpus[index]})

    def time(self, work: Sequence[Work]) -> float:
        """Seconds from the moment the last thread is ready until the last one is done."""
        gate = int(self._gate.ctypes.data)
        self._met += len(work)
        target = self._met

        def run(one: Work) -> tuple[float, float, float]:
            cpu, ready = time.thread_time(), time.perf_counter()
            one(gate, target)
            return ready, time.perf_counter(), time.thread_time() - cpu

        spans = list(self._pool.map(run, work))
        self.wall_s += sum(end - ready for ready, end, _ in spans)
        self.cpu_s += sum(cpu for _, _, cpu in spans)
        return max(end for _, end, _ in spans) - max(ready for ready, _, _ in spans)

    def __enter__(self) -> Team:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True)
