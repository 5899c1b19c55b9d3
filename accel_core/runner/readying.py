"""A job's machine code, made by a process of its own while somebody still thinks about the job."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from subprocess import DEVNULL, PIPE, Popen, TimeoutExpired
from typing import Any

from accel_core.errors import AccelError
from accel_core.machine import detect
from accel_core.model import Case
from accel_core.runner.kinds.cases import COMPILED
from accel_core.runner.kinds.kind import COMPILE_S
from accel_core.runner.spec import complete
from accel_core.runner.workers import worker_environment

SIZES = (1, 256)
"""At which a kernel is called: tiny as it is before it is timed, and one at which it takes its usual path."""
PROGRAM = "from accel_core.runner.readying import main; main()"
LOOK_S = 0.2
_made: set[str] = set()


def compile_elsewhere(job: Mapping[str, Any], look: Callable[[], None] = lambda: None) -> None:
    """Leave the machine code that `job` needs where its worker looks for it, which makes what is missing.

    Once a process: what was left is found by then, or never. Where `look` raises meanwhile, it is given up.
    """
    text = json.dumps(job, sort_keys=True)
    if text in _made:
        return
    command = [sys.executable, "-P", "-c", PROGRAM]
    environment, _ = worker_environment()
    with Popen(command, stdin=PIPE, stdout=DEVNULL, stderr=DEVNULL, env=environment) as compiler:
        try:
            _wait_for(compiler, text, look)
        finally:
            compiler.kill()
    _made.add(text)


def _wait_for(compiler: Popen[bytes], job: str, look: Callable[[], None]) -> None:
    """Send it its job and wait for its end; its input stays open as long as this process lives."""
    assert compiler.stdin is not None
    with suppress(OSError):  # it has ended
        compiler.stdin.write(f"{job}\n".encode())
        compiler.stdin.flush()
    for _ in range(int(COMPILE_S / LOOK_S)):
        with suppress(TimeoutExpired):
            compiler.wait(LOOK_S)
            return
        look()


def main() -> None:
    """Compile the job in the first line of the input, and end where the input does: the parent is gone."""
    from accel_core.runner.worker import end_with_parent, read_job

    job = read_job(0)
    threading.Thread(target=end_with_parent, args=(0,), daemon=True).start()
    compile_here(job)


def compile_here(job: Mapping[str, Any]) -> None:
    """Call what is compiled of that which `job` times or simulates with, on small inputs."""
    data = complete(job, detect()).data
    for one in data.get("jobs", [data]):
        if one["kind"] == "simulate":
            _simulate(one["classify"], one["reuse"])
        for case in _cases(one):
            with suppress(AccelError):
                _call(case)


def _cases(job: Mapping[str, Any]) -> Iterator[Case]:
    """The cases that a job of one of the kinds that name any is about."""
    pairs = job.get("pairs", ())
    for data in [*job.get("cases", ()), *(case for pair in pairs for case in pair)]:
        yield Case.from_dict(data)


def _call(case: Case) -> None:
    from accel_core import registry
    from accel_core.bench.verify import bound, fresh_inputs, guarded

    workload, kernel = registry.kernel(case.kernel)
    if kernel.family not in COMPILED:
        return
    for size in SIZES:
        shape = workload.shape(min(size, case.size))
        inputs = fresh_inputs(workload, shape, case.dtype)
        guarded(case, shape, bound(kernel, case, inputs, workload.reference(*inputs)))


def _simulate(classify: bool, reuse: bool) -> None:
    from accel_core.cache import CLASSROOM, Traversal, simulate

    simulate(Traversal((2, 2, 2)), CLASSROOM, classify=classify, reuse=reuse)
