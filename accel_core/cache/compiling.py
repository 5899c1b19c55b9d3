"""The simulator's machine code, made by a process of its own: the compiler takes 200 MB that a server keeps."""

from __future__ import annotations

import subprocess
import sys
from functools import cache

PROGRAM = """
from accel_core.cache import CLASSROOM, Traversal, simulate, trace
simulate(Traversal((2, 2, 2)), CLASSROOM)
trace(Traversal((2, 2, 2)), CLASSROOM)
"""


@cache  # once a process: what it left is found by then, or never
def compile_elsewhere() -> None:
    """Leave the machine code on disk, for this process to load; where that fails, this one compiles it."""
    nowhere = subprocess.DEVNULL
    command = [sys.executable, "-c", PROGRAM]
    subprocess.run(command, stdin=nowhere, stdout=nowhere, stderr=nowhere, check=False)
