"""What each command does: options in, an Answer out. Thin: the work is done by the floors below.

A command imports what it needs when it runs, so that `accel intensity` does not wait for Numba.
"""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Callable, Mapping

from accel_core.cli.arena import arena
from accel_core.cli.describing import doctor, explain, intensity, machine, simulate
from accel_core.cli.disk import disk
from accel_core.cli.drawing import roofline
from accel_core.cli.homework import check, homework
from accel_core.cli.lessons import lesson, lessons
from accel_core.cli.measuring import bench, calibrate, compare, ladder, peaks, sweep, tune
from accel_core.cli.out_of_core import out_of_core
from accel_core.cli.output import Answer
from accel_core.cli.pool import pool
from accel_core.cli.store import store
from accel_core.cli.transformer import transformer

COMMANDS: Mapping[str, Callable[[Namespace], Answer]] = {
    command.__name__.replace("_", "-"): command
    for command in (
        *(machine, peaks, disk, bench, compare, ladder, sweep, simulate),
        *(calibrate, tune, explain, roofline, intensity, transformer, out_of_core, doctor),
        *(lessons, lesson, homework, check, arena, pool, store),
    )
}
