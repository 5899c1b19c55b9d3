"""The machine: one small function per source gives partial facts, `detect()` decides.

linux, darwin, windows, libraries   what each source says, as pure functions of recorded text or bytes
cpuinfo, kinds, emulation           /proc/cpuinfo of any architecture, kinds of core, and who translates
partial, caches, simd, arm, cgroup  the words and sums they share
decide, detect                      one rule per fact: who is believed, who disagrees, why
environment                         versions, which are not part of the hardware
overrides, thread_settings          variables that take from a library the choice of its kernels or threads
blas, compiler                      the two libraries that matter: NumPy's and Numba
places                              on which processors to measure, and what caches these touch
affinity                            binding threads to processors, and giving theirs back
load                                who else is running
waiting                             how long threads were ready to run without a processor
recorded, pretend                   a file stands for a machine; ACCEL_MACHINE puts one in this one's place
bounds                              what a machine can be: a file that says other is none
"""

from accel_core.machine.affinity import pin_current_process, pin_thread, thread_cpus, unpin_current_process
from accel_core.machine.environment import environment
from accel_core.machine.load import (
    CpuTimes,
    other_load,
    read_cpu_times,
    read_own_times,
    steal_fraction,
    throttled_s,
)
from accel_core.machine.places import cache_of, last_level_bytes, measuring_cpus, sharers
from accel_core.machine.pretend import allowed_cpus, available_memory_bytes, detect, pretence, refuse_to_measure
from accel_core.machine.waiting import thread_wait_s, waited_fraction

__all__ = [
    "CpuTimes",
    "allowed_cpus",
    "available_memory_bytes",
    "cache_of",
    "detect",
    "environment",
    "last_level_bytes",
    "measuring_cpus",
    "other_load",
    "pin_current_process",
    "pin_thread",
    "pretence",
    "read_cpu_times",
    "read_own_times",
    "refuse_to_measure",
    "sharers",
    "steal_fraction",
    "thread_cpus",
    "thread_wait_s",
    "throttled_s",
    "unpin_current_process",
    "waited_fraction",
]
