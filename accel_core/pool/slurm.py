"""Hosts of a pool as jobs of SLURM: dask-jobqueue writes their scripts, hands them in and takes them back."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from accel_core.errors import BadInput
from accel_core.pool.address import CERTIFICATES, Address, is_loopback
from accel_core.pool.engine import engine, require
from accel_core.pool.starting import worker_words

MOST_HOSTS = 1000


@dataclass(frozen=True)
class Asked:
    """What SLURM is asked for, for each host."""

    cores: int
    memory: str = "4 GiB"
    time: str = "02:00:00"
    options: Sequence[str] = ()
    """More of sbatch's, as it takes them: "--partition=short"."""


def slurm_jobs(count: int, address: Address, asked: Asked, accel: str) -> list[Any]:
    """dask-jobqueue's job for each of `count` hosts; nothing is handed in before `start` of each."""
    if not 1 <= count <= MOST_HOSTS:
        raise BadInput(f"{count} hosts of SLURM are asked for: 1 to {MOST_HOSTS} can be started.")
    if is_loopback(address.host):
        raise BadInput("Hosts of SLURM cannot reach a loopback address: name this computer's by --host.")
    if asked.cores < 1:
        raise BadInput("How many cores a host of SLURM has is not said: give --cores, all of a node.")
    require("distributed", "dask_jobqueue")
    engine()
    from dask_jobqueue.slurm import SLURMJob

    certificates = "" if address.certificates is None else shlex.quote(str(address.certificates))

    class HostJob(SLURMJob):
        """Runs `accel pool worker` where dask-jobqueue would run a worker of Dask's."""

        def __init__(self, name: str) -> None:
            super().__init__(
                scheduler=str(address),
                name=name,
                cores=asked.cores,
                memory=asked.memory,
                walltime=asked.time,
                processes=1,
                nanny=False,
                job_name=f"accel-{name}",
                job_script_prologue=[f"export {CERTIFICATES}={certificates}"] if certificates else [],
                job_extra_directives=["--exclusive", *asked.options],
            )
            self._command_template = f"{accel} {shlex.join(worker_words(address, name))}"

    return [HostJob(f"slurm-{at + 1}") for at in range(count)]
