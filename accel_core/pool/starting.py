"""A pool from nothing: its scheduler in this process, and hosts on this computer, by SSH or by SLURM."""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Any

from accel_core.errors import AccelError, BadInput, quoted
from accel_core.folders import data_folder
from accel_core.machine import detect
from accel_core.pool.address import CERTIFICATES, Address
from accel_core.pool.hosting import host_name
from accel_core.pool.serving import make_scheduler

MOST_LOCAL = 64
END_S = 5.0
LOOK_S = 0.5
JOIN_S = 120.0
"""For every host to join; one that has not by then is named."""


@dataclass(frozen=True)
class Start:
    """How one host is started."""

    name: str
    command: tuple[str, ...]
    environment: tuple[tuple[str, str], ...] = ()


def local_hosts(count: int, address: Address) -> list[Start]:
    """`count` pretended hosts on this computer: own queue, own folder, and a part of the processors each.

    They share memory, caches and clock, so their figures are not those of as many computers.
    """
    if not 1 <= count <= MOST_LOCAL:
        raise BadInput(f"{count} hosts on this computer are asked for: 1 to {MOST_LOCAL} can be started.")
    cpus = detect().cores.cpus_allowed
    starts = []
    for at in range(count):
        name = f"local-{at + 1}"
        folder = data_folder() / "hosts" / name
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        own = cpus[at * len(cpus) // count : (at + 1) * len(cpus) // count] or cpus[at % len(cpus) :][:1]
        pinned = ["--processors", ",".join(map(str, own))] if own else []
        command = (sys.executable, "-P", "-m", "accel_core", *worker_words(address, name), *pinned)
        starts.append(Start(name, command, (("ACCEL_QUEUE", str(folder)), ("ACCEL_HOST_LOCK", str(folder)))))
    return starts


def ssh_hosts(file: Path, address: Address, accel: str) -> list[Start]:
    """The hosts that `file` names, a line each, as ssh takes them; `accel` is the command on each."""
    try:
        lines = [line.partition("#")[0].strip() for line in file.read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} cannot be read: name a text file with a host on each line.") from error
    names = [line for line in lines if line]
    if not names:
        raise BadInput(f"{file} names no host: write one on each line, as ssh takes it.")
    for name in names:
        if name.startswith("-") or len(name.split()) > 1:
            raise BadInput(f"{quoted(name)} in {file} is no host: write one on each line, as ssh takes it.")
    given = {} if address.certificates is None else {CERTIFICATES: str(address.certificates)}
    settings = ["env", *(f"{name}={value}" for name, value in given.items())]
    return [
        Start(
            host_name(name.rpartition("@")[2]),
            (
                "ssh",
                "-o",
                "BatchMode=yes",
                name,
                f"{shlex.join(settings)} {accel} {shlex.join(worker_words(address, name.rpartition('@')[2]))}",
            ),
        )
        for name in names
    ]


def worker_words(address: Address, name: str) -> list[str]:
    """What follows `accel` where a host is started."""
    return ["pool", "worker", str(address), "--name", name]


async def serve(
    address: Address, starts: Sequence[Start], tell: Callable[[str], None], jobs: Sequence[Any] = ()
) -> None:
    """Run a pool until this task is cancelled; `tell` gets sentences. Hosts end with it, however it ends.

    `jobs` are dask-jobqueue's: hosts that come when the cluster has room.
    """
    started: list[tuple[Start, Popen[bytes]]] = []
    try:
        async with AsyncExitStack() as stack:
            try:
                scheduler = await stack.enter_async_context(make_scheduler(address))
            except (OSError, RuntimeError) as error:  # the engine's own, with its cause
                cause = error.__cause__ if isinstance(error.__cause__, OSError) else error
                said = getattr(cause, "strerror", None) or cause
                raise AccelError(
                    f"No pool can be started at {address} ({said}): give another --port."
                ) from error
            tell(f"The pool is at {address}: set ACCEL_POOL={address} to use it. Ctrl-C ends it.")
            started += [(start, _started(start)) for start in starts]
            for job in jobs:
                stack.push_async_callback(job.close)
                await _hand_in(job)
            await _gather(started, scheduler, tell)
            await scheduler.finished()
    finally:
        _end([process for _, process in started])


async def _hand_in(job: Any) -> None:
    try:
        await job.start()
    except (OSError, RuntimeError, ValueError) as error:
        said = " ".join(str(error).split())[:200]
        raise AccelError(
            f"SLURM did not take the host {job.name} ({said}): see that sbatch runs here."
        ) from error


def _started(start: Start) -> Popen[bytes]:
    try:
        return Popen(
            start.command,
            env={**os.environ, **dict(start.environment)},
            stdin=DEVNULL,
            stdout=DEVNULL,
            start_new_session=os.name == "posix",  # Ctrl-C goes to the pool, which then ends its hosts
        )
    except OSError as error:
        raise AccelError(
            f"The host {start.name} cannot be started, because {start.command[0]} does not run "
            f"({error.strerror or error})."
        ) from error


async def _gather(
    started: Sequence[tuple[Start, Popen[bytes]]], scheduler: Any, tell: Callable[[str], None]
) -> None:
    """Wait until every host has joined or failed, and tell which did."""
    waited_for = {start.name: process for start, process in started}
    deadline = time.monotonic() + JOIN_S
    while waited_for and time.monotonic() < deadline:
        joined = {str(state.name) for state in scheduler.workers.values()}
        for name, process in list(waited_for.items()):
            if name in joined:
                tell(f"The host {name} has joined.")
            elif process.poll() is not None:
                tell(f"The host {name} could not be started: its command ended with {process.returncode}.")
            else:
                continue
            del waited_for[name]
        await asyncio.sleep(LOOK_S)
    for name in waited_for:
        tell(f"The host {name} has not joined within {JOIN_S:.0f} s.")


def _end(processes: Sequence[Popen[bytes]]) -> None:
    """End what is left: hosts end by themselves once their pool is gone."""
    deadline = time.monotonic() + END_S
    for process in processes:
        with suppress(TimeoutExpired):
            process.wait(max(0.0, deadline - time.monotonic()))
    for process in processes:
        if process.poll() is None:
            process.kill()
            process.wait()
