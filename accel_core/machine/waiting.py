"""How long threads were ready to run and had no processor, as Linux counts it for each of them.

`schedstat` holds three numbers: nanoseconds on a processor, nanoseconds runnable without one, and turns on a
processor. A kernel that does not count writes zeros for all of them.
https://docs.kernel.org/scheduler/sched-stats.html
"""

from __future__ import annotations

from collections.abc import Callable

from accel_core.machine.linux import read_file

_OWN = "/proc/thread-self/schedstat"


def parse_schedstat(text: str | None) -> tuple[float, float] | None:
    """(seconds on a processor, seconds runnable without one); None where the kernel does not count them."""
    fields = (text or "").split()
    if len(fields) != 3 or not all(field.isdigit() for field in fields) or fields[2] == "0":
        return None
    return int(fields[0]) / 1e9, int(fields[1]) / 1e9


def thread_wait_s(read: Callable[[str], str | None] = read_file) -> float | None:
    """Seconds that the calling thread was ready to run and had no processor, since it began.

    None where the system does not count it. What a thread waits for others of its own team in sleep, or
    spinning, is not in it. Reading takes about 5 us (2-core Emerald Rapids virtual machine).
    """
    times = parse_schedstat(read(_OWN))
    return None if times is None else times[1]
