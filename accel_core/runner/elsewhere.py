"""Jobs that are measured elsewhere: whoever carries them there, imported only where a pool is named."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

from accel_core.runner.receiving import Receiving
from accel_core.runner.spec import JobData, Spec

if TYPE_CHECKING:
    from accel_core.model import Machine
    from accel_core.model.hosts import Wanted
    from accel_core.runner.job import Job

POOL = "ACCEL_POOL"
CARRIER = "accel_core.pool.carrying"
Carried = tuple[Spec, Callable[["Job", Receiving], None]]
"""A checked job, and what has it measured: returns once it is done, raises what else can happen."""


def carried(job: JobData, machine: Machine | None, wanted: Wanted | None) -> Carried | None:
    """How `job` is measured in the pool that ACCEL_POOL names; None where it names none.

    Raises BadInput where no host of the pool may run it, AccelError where the pool cannot be reached.
    """
    if not os.environ.get(POOL):
        return None
    found: Carried = import_module(CARRIER).carried(job, machine, wanted)
    return found
