"""Calls rungs of a ladder, which are this program's own, by the same orders as a submission is called.

The argument is JSON: {"kernels", "threads", "dtype", "inputs", "output"}.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from accel_core import registry
from accel_core.bench import limit
from accel_core.judge.inside import pages
from accel_core.wall import inside


def prepare() -> Callable[[], None]:
    """What carries out an order; a `CALL` keeps its result, and `DELIVER` writes it out, which is not timed."""
    told = json.loads(sys.argv[1])
    shared = pages.Pages(told["inputs"], told["output"])
    rungs = [registry.kernel(one)[1] for one in told["kernels"]]
    arrays: list[Any] = []
    out: Any = None
    result: Any = None
    threads = limit(told["threads"])
    threads.__enter__()

    def array(memory: Any, start: int, lengths: list[int]) -> Any:
        return np.frombuffer(memory, told["dtype"], int(np.prod(lengths)), start).reshape(lengths)

    def carry_out() -> None:
        nonlocal arrays, out, result
        what, number = shared.order()
        if what == pages.CALL:
            rung = rungs[number]
            given = rung.defaults | ({"out": out} if rung.writes_out else {})
            result = rung.function(*arrays, **given)
        elif what == pages.DELIVER:
            if result is not out:
                out[...] = result
            result = None
        elif what == pages.SHAPE:
            places = shared.places()
            arrays = [array(shared.inputs, *one) for one in places["inputs"]]
            out = array(shared.output, *places["out"])

    return carry_out


inside.serve(prepare)
