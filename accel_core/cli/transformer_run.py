"""`accel transformer --measure`: the block is run, and its times stand beside what was predicted."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from accel_core.cli.jobs import known_machine, run_job, stored_peaks
from accel_core.errors import AccelError, BadInput
from accel_core.model import BlockRun
from accel_core.transformer import BlockShape, Operation

NOT_MEASURED = dict.fromkeys(
    ("how", "time_s", "low", "high", "ratio", "time_share", "promised", "agrees", "reason")
)


def measured(shape: BlockShape, options: Namespace) -> BlockRun | None:
    """The block run on this machine where that is asked for; BadInput for options that only then mean much."""
    if not options.measure:
        for name in ("state", "budget"):
            if getattr(options, name) is not None:
                raise BadInput(f"--{name} is of a block that is run: add --measure.")
        return None
    if options.products_only:
        raise BadInput("A block is run with all its operations: leave out --products-only.")
    job: dict[str, Any] = {"kind": "transformer", "shape": asdict(shape), "threads": options.threads}
    given = {"state": options.state, "budget_s": options.budget}
    results = run_job(job | {name: value for name, value in given.items() if value is not None})
    found = next((one for one in results if isinstance(one, BlockRun)), None)
    if found is None:
        raise AccelError("The block was not run to its end, so there are no times: run it again.")
    return found


def times_of(
    run: BlockRun | None, listed: Sequence[Operation], roofs: tuple[float, float] | None
) -> list[dict[str, Any]]:
    """What was measured of each of `listed`, beside what the two roofs predict; all None where it was not run.

    Without roofs there is no prediction to hold it against.
    """
    if run is None:
        return [dict(NOT_MEASURED) for _ in listed]
    total_s = sum_s(run)
    times = [
        {
            **NOT_MEASURED,
            "how": one.how,
            "time_s": one.time_s.median,
            "low": one.time_s.low,
            "high": one.time_s.high,
            "time_share": one.time_s.median / total_s,
        }
        for one in run.operations
    ]
    if roofs is None:
        return times
    from accel_core.readings.transformer import rows

    machine = known_machine()
    known = stored_peaks(machine)
    found = rows(run, machine, known.ceilings if known else (), *roofs)
    told = ("ratio", "promised", "agrees", "reason")
    return [one | {name: getattr(row, name) for name in told} for one, row in zip(times, found, strict=True)]


def total_of(run: BlockRun | None, predicted_s: float | None) -> dict[str, Any]:
    """The sum of the parts, and the block run as one with its interval; all None where it was not run."""
    if run is None:
        return dict.fromkeys(("time_s", "whole_s", "whole_low", "whole_high", "ratio"))
    return {
        "time_s": sum_s(run),
        "whole_s": run.whole_s.median,
        "whole_low": run.whole_s.low,
        "whole_high": run.whole_s.high,
        "ratio": sum_s(run) / predicted_s if predicted_s else None,
    }


def sum_s(run: BlockRun) -> float:
    """The medians of all operations together."""
    return sum(one.time_s.median for one in run.operations)
