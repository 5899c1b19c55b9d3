"""`accel transformer --measure`: the block is run, and its times stand beside what was predicted."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from accel_core.cli.jobs import run_job
from accel_core.errors import AccelError, BadInput
from accel_core.model import BlockRun, OperationTime
from accel_core.transformer import BlockShape, Operation, Prediction

NOT_MEASURED = dict.fromkeys(("how", "time_s", "low", "high", "ratio", "time_share"))


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
    run: BlockRun | None, listed: Sequence[Operation], predicted: Sequence[Prediction]
) -> list[dict[str, Any]]:
    """What was measured of each of `listed`: `ratio` is measured over predicted, None without a prediction."""
    if run is None:
        return [dict(NOT_MEASURED) for _ in listed]
    total_s = sum_s(run)
    pairs = zip_longest(run.operations, predicted)
    return [_times(one, under.predicted_s if under else None, total_s) for one, under in pairs]


def _times(one: OperationTime, predicted_s: float | None, total_s: float) -> dict[str, Any]:
    median_s = one.time_s.median
    return {
        "how": one.how,
        "time_s": median_s,
        "low": one.time_s.low,
        "high": one.time_s.high,
        "ratio": median_s / predicted_s if predicted_s else None,
        "time_share": median_s / total_s if total_s else None,
    }


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
