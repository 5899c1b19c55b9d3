"""Runs a submitted file and calls its function: in the open division anything that is installed may be called.

The argument is JSON: {"function", "dtype", "inputs", "output", "arguments"}.
"""

from __future__ import annotations

import os

os.environ["NUMBA_CACHE_DIR"] = "/tmp/numba"

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from accel_core.judge.inside import pages
from accel_core.judge.inside.submitted import Refused, run_file, words
from accel_core.wall import inside


def _load(path: Path, name: str) -> Any:
    """The function `name` of the file."""
    found = run_file(path).get(name)
    if not callable(found):
        raise Refused(f"It defines no function {name}: define one with the arguments of the starter code.")
    return found


def _arrays(shared: pages.Pages, dtype: str, places: Any) -> list[Any]:
    """The inputs, which cannot be written, and out."""

    def array(memory: Any, start: int, lengths: list[int]) -> Any:
        count = int(np.prod(lengths))
        return np.frombuffer(memory, dtype, count, start).reshape(lengths)

    return [*(array(shared.inputs, *one) for one in places["inputs"]), array(shared.output, *places["out"])]


def prepare() -> Callable[[], None]:
    """What carries out an order."""
    told = json.loads(sys.argv[1])
    shared = pages.Pages(told["inputs"], told["output"])
    path = inside.job_file("submission.py")
    function: Any = None
    arrays: list[Any] = []

    def carry_out() -> None:
        nonlocal function, arrays
        what, _ = shared.order()
        try:
            if what == pages.CALL:
                function(*arrays)
            elif what == pages.SHAPE:
                arrays = _arrays(shared, told["dtype"], shared.places())
            elif what == pages.LOAD:
                function = _load(path, told["function"])
        except Refused as refused:
            shared.report(1, str(refused).encode())
        except BaseException as error:
            shared.report(1, f"It raises {words(error, path)}.".encode())
        else:
            shared.report(0)

    return carry_out


inside.serve(prepare)
