"""The disk under a folder, measured as a level of memory: rates of large blocks, latency of small reads.

place       file system, device, free space       room        how large the file may be
posix       a file past the page cache            windows     the same through its own interface
content     random bytes that know their place    sampling    one sample
rounds      samples in turns                      measuring   all of it, and what is in doubt
"""

from accel_core.disk.measuring import measure_disk, open_at
from accel_core.disk.room import check_folder

__all__ = ["check_folder", "measure_disk", "open_at"]
