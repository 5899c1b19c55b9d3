"""From where on a call takes too long, a measurement is called disturbed, and how long jobs measure."""

from __future__ import annotations

LIMIT_S = 10.0
"""A call that is predicted to take longer is refused, where nobody sets another limit."""
LEAST_CPU_SHARE = 0.97
"""CPU time / (wall time x threads) under which threads did not work all the time."""
MOST_WAITED = 0.03
"""Share of the time that a thread may be ready to run without a processor: timers and logs take some anyway."""
MOST_STEAL = 0.01
"""Share of the time that the hypervisor gave to another virtual machine, above which a record is disturbed."""
MOST_THROTTLED = 0.01
"""The same for a quota, which stops a group for milliseconds at a time."""
MOST_DRIFT = 0.05
"""How much longer the sentinel's probe may take than undisturbed (see `sentinel`)."""
SLICE_S = 0.01
"""What losing the processor once may cost: others get it for about that long (macOS; Linux gives 3 ms)."""
PEAKS_S, CALIBRATION_S, TUNING_S = 20.0, 60.0, 33.0
"""Measuring times where nobody gives another: of all roofs, of all operations at all shapes, and of the blocks
of both dtypes, so that a worker's start and the last samples end within 40 s."""
DISK_S = 10.0
"""The same of a disk."""
