"""Binding threads to processors: what is given back, and what a system does that forbids it."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import forbidding
import psutil
import pytest
import recorded_hosts

from accel_core import registry
from accel_core.bench import limit, require_processors
from accel_core.errors import AccelWarning, BadInput
from accel_core.kernels import pool
from accel_core.machine import affinity, allowed_cpus
from accel_core.machine.thread_settings import BINDINGS, COUNTS, LIMITS, bindings, without_thread_settings
from accel_core.model import Case
from accel_core.peaks.team import Team

ROOT = Path(__file__).resolve().parents[2]


class Threads:
    """A system on which the calling thread may run on `mask`, and which can be made to refuse another one."""

    def __init__(self, *cpus: int) -> None:
        self.mask = set(cpus)
        self.refusal: Exception | None = None

    def get(self, thread: int) -> set[int]:
        return set(self.mask)

    def set(self, thread: int, cpus: Any) -> None:
        if self.refusal is not None:
            raise self.refusal
        self.mask = set(cpus)


@pytest.fixture
def threads(monkeypatch: pytest.MonkeyPatch) -> Threads:
    system = Threads(0, 1, 2, 3)
    monkeypatch.setattr(os, "sched_getaffinity", system.get, raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", system.set, raising=False)
    monkeypatch.setattr(affinity, "_told", set())
    monkeypatch.setattr(affinity, "_before", ())
    return system


REFUSALS = [
    PermissionError(errno.EPERM, "Operation not permitted"),  # seccomp
    OSError(errno.EINVAL, "Invalid argument"),  # the set of processors shrank meanwhile
    OSError(errno.ENOSYS, "Function not implemented"),  # gVisor
    ValueError("a number that is no processor"),
]
refused = pytest.mark.parametrize("refusal", REFUSALS, ids=lambda refusal: type(refusal).__name__)


def warned(call: Callable[[], object]) -> tuple[Any, list[str]]:
    """What `call` returns, and what this project warned of meanwhile."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        result = call()
    return result, [str(warning.message) for warning in seen if warning.category is AccelWarning]


@refused
def test_pinning_that_is_refused_leaves_everything_where_it_was(threads: Threads, refusal: Exception) -> None:
    threads.refusal = refusal
    assert warned(lambda: affinity.pin_current_process((1,)))[0] is False
    assert affinity.pin_thread({1}) is False
    assert affinity.unpin_current_process() is False
    assert threads.mask == {0, 1, 2, 3}


@refused
def test_a_refusal_is_told_once_however_often_a_thread_meets_it(threads: Threads, refusal: Exception) -> None:
    threads.refusal = refusal
    _, said = warned(lambda: [affinity.pin_thread({1}) for _ in range(5)])
    assert len(said) == 1 and said[0].startswith("Threads cannot be bound to processors here (")


def test_windows_may_deny_it_too(threads: Threads, monkeypatch: pytest.MonkeyPatch) -> None:
    class Denied:
        def cpu_affinity(self, cpus: list[int] | None = None) -> list[int]:
            raise psutil.AccessDenied(7)

    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.delattr(os, "sched_setaffinity")
    monkeypatch.setattr(psutil, "Process", Denied)
    assert allowed_cpus() == ()
    pinned, said = warned(lambda: affinity.pin_current_process((1,)))
    assert (pinned, len(said)) == (False, 1)


def test_a_system_that_does_not_even_tell_is_not_pinned(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forbidden(thread: int) -> set[int]:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "sched_getaffinity", forbidden)
    assert allowed_cpus() == affinity.thread_cpus() == ()
    done: list[int] = []
    with pool.at_most(2):
        pool.run([lambda: done.append(1)] * 4)
    assert done == [1] * 4


@refused
@pytest.mark.filterwarnings("ignore::accel_core.errors.AccelWarning")
def test_kernels_run_on_all_their_threads_where_none_can_be_pinned(
    threads: Threads, refusal: Exception
) -> None:
    threads.refusal = refusal
    done: list[int] = []
    with pool.at_most(3):
        assert pool.thread_count() == 3
        pool.run([lambda: done.append(1)] * 7)
    assert done == [1] * 7


@refused
@pytest.mark.filterwarnings("ignore::accel_core.errors.AccelWarning")
def test_roofs_are_measured_where_no_thread_can_be_pinned(threads: Threads, refusal: Exception) -> None:
    threads.refusal = refusal
    met: list[int] = []
    with Team(2, (0, 1)) as team:
        team.time([lambda gate, target: met.append(target)] * 2)
    assert met == [2, 2]


# -- variables that bind ---------------------------------------------------------------------------------------


def test_the_caller_may_run_where_it_could_before_whatever_a_library_does(threads: Threads) -> None:
    with affinity.kept():
        threads.mask = {0}  # as OpenMP does to the thread that loads it
    assert threads.mask == {0, 1, 2, 3}


def test_a_measurement_is_refused_where_its_threads_would_share_a_processor(
    threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    require_processors(4)
    threads.mask = {0}
    with pytest.raises(BadInput, match="start it on more of them, or ask for 1"):
        require_processors(2)
    monkeypatch.setenv("OMP_PROC_BIND", "true")
    with pytest.raises(BadInput, match="unset OMP_PROC_BIND=true, which binds threads"):
        require_processors(2)


def test_a_process_that_is_bound_already_is_told_by_what(monkeypatch: pytest.MonkeyPatch) -> None:
    here = recorded_hosts.machine("linux-zen5-vm")
    bound = replace(here, cores=replace(here.cores, allowed=1, cpus_allowed=(0,)))
    monkeypatch.setenv("OMP_PROC_BIND", "close")
    with pytest.raises(BadInput, match=r"only 1 is allowed here \(OMP_PROC_BIND=close is set, which binds"):
        registry.validate(Case("matmul/packed_threads", 8, threads=2), bound)
    with pytest.raises(BadInput, match=r"from 1 to 2 is allowed\.$"):  # not because of the variable
        registry.validate(Case("matmul/packed_threads", 8, threads=3), here)


def test_only_values_that_bind_are_blamed() -> None:
    assert bindings({"OMP_PROC_BIND": "false", "KMP_AFFINITY": "disabled", "OMP_PLACES": " "}) == ""
    assert bindings({"OMP_PROC_BIND": "close", "KMP_AFFINITY": "compact"}) == (
        "OMP_PROC_BIND=close and KMP_AFFINITY=compact"
    )


def test_a_worker_starts_without_what_sets_limits_or_binds_threads() -> None:
    kept = {"PATH": "/bin", "OMP_WAIT_POLICY": "passive", "MKL_THREADING_LAYER": "GNU"}
    assert without_thread_settings({**dict.fromkeys((*COUNTS, *LIMITS, *BINDINGS), "1"), **kept}) == kept
    assert without_thread_settings({"MKL_THREADING_LAYER": "sequential"}) == {}


LOOK = """
import json, os
import numpy as np
from accel_core import matmul, use_backend
from accel_core.bench import limit
from accel_core.kernels import pool
from accel_core.machine import detect, thread_cpus

seen = [thread_cpus()]
with use_backend("compiled_threads"):
    matmul(np.ones((300, 300)), np.ones((300, 300)))
seen.append(thread_cpus())
with limit(len(seen[0]) or 1):
    seen.append(thread_cpus())
    threads = pool.thread_count()
seen.append(thread_cpus())
print(json.dumps({"seen": seen, "threads": threads, "allowed": detect().cores.allowed}))
"""


def told_by(script: str, **variables: str) -> str:
    """What a fresh Python prints that runs `script` with these variables set."""
    environment = {**os.environ, **variables}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize("setting", ["OMP_PROC_BIND=true", "GOMP_CPU_AFFINITY=0"])
def test_a_users_own_process_keeps_its_processors_and_all_its_threads(setting: str) -> None:
    name, _, value = setting.partition("=")
    looked = json.loads(told_by(LOOK, **{name: value}))
    processors = len(looked["seen"][0])
    assert looked["seen"] == [looked["seen"][0]] * 4
    assert looked["threads"] == (processors or 1)
    assert looked["allowed"] == (processors or looked["allowed"])


@pytest.mark.parametrize(("command", "left"), [("intensity matmul", "False"), ("doctor", "True")])
def test_the_command_line_drops_what_binds_before_a_library_loads(command: str, left: str) -> None:
    script = f"""
import contextlib, io, os, sys
sys.argv = ["accel", *{command.split()}]
from accel_core.cli import main
assert "numpy" not in sys.modules
with contextlib.redirect_stdout(io.StringIO()):
    main()
print("OMP_PROC_BIND" in os.environ)
"""
    assert told_by(script, OMP_PROC_BIND="true") == left


def test_no_thread_of_numbas_is_started_to_count_ours() -> None:
    counted = "from accel_core.kernels import pool\nassert pool.thread_count() > 0\n"
    asked = "import numba\ntry:\n    print(numba.threading_layer())\nexcept ValueError:\n    print('none')"
    assert told_by(counted + asked) == "none"


def test_kernels_may_use_more_threads_than_numbas_own_loops() -> None:
    wanted = len(allowed_cpus()) or 2
    script = (
        "from accel_core.bench import limit\nfrom accel_core.kernels import pool\n"
        f"with limit({wanted}): print(pool.thread_count())"
    )
    assert told_by(script, NUMBA_NUM_THREADS="1") == str(wanted)


def test_a_threading_layer_that_numba_cannot_load_stops_no_measurement(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> int:
        raise ValueError("No threading layer could be loaded.")

    monkeypatch.setattr("numba.get_num_threads", none)
    with limit(1):
        assert pool.thread_count() == 1


# -- for real -----------------------------------------------------------------------------------------------


@pytest.mark.skipif(not forbidding.POSSIBLE, reason="only Linux refuses one system call of a process")
def test_a_job_measures_unpinned_where_the_kernel_forbids_pinning() -> None:
    threads = str(min(2, len(allowed_cpus())))
    command = ["bench", "matmul/packed_threads", "--size", "64", "--threads", threads, "--budget", "0.1"]
    told = subprocess.run(
        [
            *(sys.executable, str(Path(forbidding.__file__)), "sched_setaffinity", "EPERM"),
            *(sys.executable, "-m", "accel_core", *command),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert told.returncode == 0, told.stderr
    assert f"float32, {threads} thread" in told.stdout
    assert told.stderr.count("Threads cannot be bound to processors here") == 1
