"""From options to a job and back: cases, the run through the queue, and the store that keeps the results."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from accel_core.cli.output import Progress
from accel_core.errors import AccelError, BadInput, StoreUnavailable
from accel_core.machine.pretend import pretence, pretended
from accel_core.model import Case, Comparison, Disk, Machine, Measurement, Peaks, Refusal, Shape

if TYPE_CHECKING:
    from accel_core.store import Store

Result = TypeVar("Result", Measurement, Comparison)


def case_of(
    kernel: str,
    options: Namespace,
    size: int | None,
    shape: Shape | None = None,
    parameters: Mapping[str, int] | None = None,
) -> Case:
    """The case that was asked for; the workload's own size where neither size nor shape is given."""
    from accel_core.registry import kernel as find

    workload, _ = find(kernel)
    if size is None:
        size = max(1, *shape) if shape else workload.default_size
    return Case(kernel, size, options.dtype, options.threads, dict(parameters or {}), shape)


def with_setting(case: Case, name: str, value: int) -> Case:
    """`case` with one setting changed: its size, its threads or a parameter of its kernel."""
    if name == "size":
        return replace(case, size=value)
    if name == "threads":
        return replace(case, threads=value)
    return replace(case, parameters={**case.parameters, name: value})


def run_job(job: dict[str, Any]) -> list[Any]:
    """Run `job` when its turn in the queue has come; progress and warnings go to standard error.

    Commands of one shell count as one owner, so that a loop in a script does not push in before a page. A store
    that cannot be written is a warning of the runner's.
    """
    from accel_core.pool import configured, measured_machine
    from accel_core.runner import run
    from accel_core.runner.stopping import stops_outside_the_queue
    from accel_core.store import Store

    progress, owner = Progress(), f"accel-{os.getppid()}"
    try:
        with stops_outside_the_queue():
            there: dict[str, Any] = {"machine": measured_machine()} if configured() else {}
            return run(job, owner, store=Store(), on_event=progress, **there)
    finally:
        progress.clear()


def measure(cases: Sequence[Case], budget_s: float) -> tuple[list[Measurement], list[Refusal]]:
    """Time `cases`; what was measured and what was refused, see `answered`."""
    job = {"kind": "bench", "cases": [c.to_dict() for c in cases], "budget_s": budget_s}
    return answered(run_job(job), Measurement)


def answered(results: Sequence[Any], kind: type[Result]) -> tuple[list[Result], list[Refusal]]:
    """The results of `kind` and the refusals; where there are only refusals, the last one's reason is raised.

    That is an AccelError where a case was begun and failed, and BadInput where none was begun.
    """
    made = [r for r in results if isinstance(r, kind)]
    refused = [r for r in results if isinstance(r, Refusal)]
    if refused and not made:
        raise (AccelError if refused[-1].fault else BadInput)(refused[-1].reason)
    return made, refused


def stored_disk(machine: Machine) -> Disk | None:
    """The disk of `machine` that was measured last, no folder in memory; None where nothing is stored."""
    from accel_core.store import Store

    try:
        return next((one for one in Store().disks(machine.fingerprint) if not one.is_memory), None)
    except StoreUnavailable:  # what else is told of the machine warns of it
        return None


def warn_of_damage(store: Store) -> None:
    """Say on standard error how many damaged records the latest readings of `store` left out."""
    if store.skipped:
        Progress().warn(store.skipped)


def warn_of_pretence() -> None:
    """Say on standard error that the answer is of a recorded machine; BadInput where its file is none."""
    stand_in = pretended()
    if stand_in is not None and (said := pretence(stand_in)):
        Progress().warn(said)


def known_machine() -> Machine:
    """This machine, or that of the pool, its caches as large as the stored curve shows them for one process."""
    from accel_core.pool import measured_machine
    from accel_core.roofline import as_measured

    here = measured_machine()
    peaks = stored_peaks(here)
    return as_measured(here, peaks.curve) if peaks else here


def stored_peaks(machine: Machine) -> Peaks | None:
    """The stored roofs of `machine`; None, with a warning, where the store cannot be read."""
    from accel_core.store import Store

    store = Store()
    try:
        found = store.peaks(machine.fingerprint)
        warn_of_damage(store)
        return found
    except StoreUnavailable as error:
        Progress().warn(str(error))
        return None
