"""Is this a good moment and a good place to measure? Each check is one sentence with numbers, and a remedy.

Judging is pure: `judge_*` take numbers and texts, so that tests feed them. Reading is apart, in `checkup`.
"""

from accel_core.doctor.check import Check
from accel_core.doctor.place import judge_wall
from accel_core.doctor.reading import checkup

__all__ = ["Check", "checkup", "judge_wall"]
