"""What can be asked of the runner: a file a kind of job. A new one is a file here and a name in KINDS."""

from accel_core.runner.kinds import (
    arena,
    bench,
    calibrate,
    compare,
    disk,
    out_of_core,
    peaks,
    sequence,
    simulate,
    transformer,
    trial,
    tune,
)
from accel_core.runner.kinds.kind import JobData, JobKind

KINDS: dict[str, JobKind] = {
    one.KIND.name: one.KIND
    for one in (
        bench,
        compare,
        peaks,
        disk,
        out_of_core,
        calibrate,
        tune,
        simulate,
        trial,
        transformer,
        sequence,
        arena,
    )
}


def threads_of(data: JobData) -> int:
    """The most threads of a checked job: how many processors the worker keeps for itself."""
    return KINDS[data["kind"]].threads(data)


__all__ = ["KINDS", "JobData", "JobKind", "threads_of"]
