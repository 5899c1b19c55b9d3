"""What can be asked of the runner: a file a kind of job. A new one is a file here and a name in KINDS."""

from accel_core.runner.kinds import bench, calibrate, compare, peaks, simulate
from accel_core.runner.kinds.kind import JobData, JobKind

KINDS: dict[str, JobKind] = {
    kind.name: kind for kind in (bench.KIND, compare.KIND, peaks.KIND, calibrate.KIND, simulate.KIND)
}


def threads_of(data: JobData) -> int:
    """The most threads of a checked job: how many processors the worker keeps for itself."""
    return KINDS[data["kind"]].threads(data)


__all__ = ["KINDS", "JobData", "JobKind", "threads_of"]
