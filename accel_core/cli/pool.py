"""`accel pool`: a pool of hosts, from its start to what it does."""

from __future__ import annotations

import asyncio
import signal
from argparse import Namespace
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from accel_core.cli.output import Answer, Progress, table
from accel_core.cli.pool_roofs import roofs
from accel_core.errors import BadInput, quoted
from accel_core.units import format_count


def pool(options: Namespace) -> Answer:
    """Do the action that was asked for."""
    return ACTIONS[options.action](options)


def start(options: Namespace) -> Answer:
    """Run a pool until it is interrupted."""
    from accel_core.pool import address as addresses
    from accel_core.pool.engine import require
    from accel_core.pool.hosting import LOOPBACK
    from accel_core.pool.starting import Start, local_hosts, serve, ssh_hosts

    require("distributed")
    if options.host is None and options.ssh is not None:
        raise BadInput(
            "Hosts by ssh cannot reach a pool that listens on this computer alone: name the address by which "
            "they reach it, by --host (127.0.0.1 where they come through a tunnel)."
        )
    own = options.host or LOOPBACK
    scheme = addresses.PLAIN if addresses.is_loopback(own) else addresses.ENCRYPTED
    if addresses.certificates_given():
        scheme = addresses.ENCRYPTED
    address = addresses.allowed(scheme, own, options.port)
    starts: list[Start] = []
    if options.local is not None:
        starts = local_hosts(options.local, address)
    elif options.ssh is not None:
        starts = ssh_hosts(Path(options.ssh), address, options.accel)
    jobs = []
    if options.slurm is not None:
        from accel_core.pool.slurm import Asked, slurm_jobs

        asked = Asked(options.cores, options.memory, options.time, options.sbatch)
        jobs = slurm_jobs(options.slurm, address, asked, options.accel)
    _until_interrupted(serve(address, starts, Progress().tell, jobs))
    return Answer({"address": str(address)}, f"The pool at {address} has ended.")


def worker(options: Namespace) -> Answer:
    """Measure for a pool until it ends or this is interrupted."""
    from accel_core.machine import pin_current_process
    from accel_core.pool import address as addresses
    from accel_core.pool.engine import require
    from accel_core.pool.hosting import host, host_name, own_settings

    require("distributed")
    address = addresses.parse(options.address) if options.address else addresses.given()
    name = host_name(options.name)
    if options.processors and not pin_current_process(_processors(options.processors)):
        raise BadInput(f"This process cannot be kept to the processors {options.processors}.")
    own_settings(name)
    _until_interrupted(host(address, name))
    return Answer({"address": str(address), "name": name}, f"{name} has left the pool at {address}.")


def status(options: Namespace) -> Answer:
    """The hosts and what they do."""
    from accel_core.pool import hosts
    from accel_core.pool.address import given
    from accel_core.pool.engine import require

    address = given()
    require("distributed")
    found = hosts()
    data = {"address": str(address), "hosts": [host.to_dict() for host in found]}
    if not found:
        return Answer(data, f"The pool at {address} has no host yet: `accel pool worker {address}` adds one.")
    rows = [
        (host.name, host.machine.cpu, host.machine.fingerprint, host.does, str(host.waiting)) for host in found
    ]
    text = table(("host", "processor", "hardware", "does", "waiting"), rows)
    groups = {tuple(sorted((host.name, *host.shares))) for host in found if host.shares}
    said = [f"{' and '.join(names)} are one computer and disturb each other." for names in sorted(groups)]
    return Answer(data, "\n".join([f"{format_count(len(found), 'host')} at {address}", "", text, *said]))


def certificates(options: Namespace) -> Answer:
    """Make certificates in a folder."""
    from accel_core.pool.address import CERTIFICATES
    from accel_core.pool.certificates import make_certificates

    folder = Path(options.folder).expanduser().absolute()
    paths = make_certificates(folder)
    return Answer(
        {"folder": str(folder), "files": [path.name for path in paths]},
        f"Who holds the files in {folder} belongs to the pool: copy the folder to every host and to nobody "
        f"else, and set {CERTIFICATES} to it there.",
    )


ACTIONS: Mapping[str, Callable[[Namespace], Answer]] = {
    "start": start,
    "worker": worker,
    "status": status,
    "certificates": certificates,
    "roofs": roofs,
}


def _until_interrupted(work: Coroutine[Any, Any, None]) -> None:
    """Run `work` to its end, to Ctrl-C or to SIGTERM, which both let it clean up."""

    async def run() -> None:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            with suppress(NotImplementedError, RuntimeError, ValueError):  # Windows, or not the main thread
                loop.add_signal_handler(number, task.cancel)
        with suppress(asyncio.CancelledError):
            await task

    with suppress(KeyboardInterrupt):
        asyncio.run(run())


def _processors(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise BadInput(f"--processors is {quoted(text)}: give numbers such as 0,1.") from None
