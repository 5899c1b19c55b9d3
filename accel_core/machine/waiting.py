"""How long threads were ready to run and had no processor, as Linux counts it for each of them.

`schedstat` holds three numbers: nanoseconds on a processor, nanoseconds runnable without one, and turns on a
processor. A kernel that does not count writes zeros for all of them.
https://docs.kernel.org/scheduler/sched-stats.html
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping

from accel_core.machine.linux import Read, read_file

try:
    import resource
except ImportError:  # Windows
    resource = None  # type: ignore[assignment]

_OWN = "/proc/thread-self/schedstat"
ThreadTimes = Mapping[int, tuple[float, float]]
"""Thread -> (seconds on a processor, seconds runnable without one), since it began."""


def parse_schedstat(text: str | None) -> tuple[float, float] | None:
    """(seconds on a processor, seconds runnable without one); None where the kernel does not count them."""
    fields = (text or "").split()
    if len(fields) != 3 or not all(field.isdigit() for field in fields) or fields[2] == "0":
        return None
    return int(fields[0]) / 1e9, int(fields[1]) / 1e9


def thread_wait_s(read: Read = read_file) -> float | None:
    """Seconds that the calling thread was ready to run and had no processor, since it began.

    None where the system does not count it. What a thread waits for others of its own team in sleep, or
    spinning, is not in it. Reading takes about 5 us (2-core Emerald Rapids virtual machine).
    """
    times = parse_schedstat(read(_OWN))
    return None if times is None else times[1]


def thread_times(
    read: Read = read_file, threads: Callable[[str], list[str]] = os.listdir, process: str = "self"
) -> ThreadTimes | None:
    """The times of all threads of this process, or of another one; None where the system does not count them.

    Reading takes about 11 us a thread (2-core Emerald Rapids virtual machine): before and after a measurement,
    not around a sample.
    """
    folder = f"/proc/{process}/task"
    try:
        found = {int(name): parse_schedstat(read(f"{folder}/{name}/schedstat")) for name in threads(folder)}
    except (OSError, ValueError):
        return None
    # a thread that ended meanwhile, or that never ran yet, says nothing
    return {thread: times for thread, times in found.items() if times is not None} or None


def waited_fraction(before: ThreadTimes | None, after: ThreadTimes | None, threads: int) -> float | None:
    """Share of the time that `threads` threads wanted a processor in which one of them had none, 0 to 1.

    The longest wait counts, because a team is as late as its last thread. Looked at are the busiest threads,
    those that ran or wanted to run the most: one that only wakes up now and then waits for the measured ones. A
    thread that came meanwhile counts from its beginning, one that ended is left out. None where nobody counts.
    """
    if before is None or after is None:
        return None
    spent = [
        (max(ran - since[0], 0.0), max(waited - since[1], 0.0))
        for thread, (ran, waited) in after.items()
        for since in (before.get(thread, (0.0, 0.0)),)
    ]
    busiest = sorted(spent, key=sum, reverse=True)[:threads]
    wanted = max(map(sum, busiest), default=0.0)
    return max(waited for _, waited in busiest) / wanted if wanted > 0 else None


def involuntary_switches() -> int | None:
    """How often a thread of this process lost its processor before it was done; None where nobody counts it.

    Windows counts all switches together, those of a thread that went to sleep too.
    """
    return None if resource is None else int(resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw)
