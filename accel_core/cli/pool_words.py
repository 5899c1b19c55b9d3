"""The words of `accel pool`. Nothing slow is imported here."""

from __future__ import annotations

from collections.abc import Callable

from accel_core.cli.homework_words import Command

PORT = 8786
ROOFS_S = 20.0
"""For the roofs of each host; all measure at once."""


def add_pool(command: Command, seconds: Callable[[str], float]) -> None:
    """`accel pool start`, `worker`, `status`, `certificates` and `roofs`."""
    start = command("start", "Start a pool, and hosts for it; it runs until Ctrl-C.")
    hosts = start.add_mutually_exclusive_group()
    hosts.add_argument("--local", type=int, metavar="N", help="N pretended hosts on this computer, for trying")
    hosts.add_argument("--ssh", metavar="FILE", help="the hosts in FILE, one on each line, by ssh")
    hosts.add_argument("--slurm", type=int, metavar="N", help="N hosts as jobs of SLURM, by sbatch")
    start.add_argument("--host", help="address that hosts reach this one by: needed with --ssh, else 127.0.0.1")
    start.add_argument("--port", type=int, default=PORT, help=f"port of the pool ({PORT})")
    start.add_argument("--accel", default="accel", metavar="COMMAND", help="accel on the hosts (accel)")
    start.add_argument("--cores", type=int, default=0, help="SLURM: cores of a host")
    start.add_argument("--memory", default="4 GiB", help="SLURM: memory of a host (4 GiB)")
    start.add_argument("--time", default="02:00:00", help="SLURM: how long the hosts stay (02:00:00)")
    start.add_argument("--sbatch", action="append", default=[], metavar="OPTION", help="SLURM: one more option")
    worker = command("worker", "Measure for a pool, until it ends or Ctrl-C.")
    worker.add_argument("address", nargs="?", help="of the pool (ACCEL_POOL where left out)")
    worker.add_argument("--name", help="of this host in the pool (this computer's where left out)")
    worker.add_argument("--processors", metavar="0,1", help="keep to these processors (all where left out)")
    command("status", "The hosts of the pool that ACCEL_POOL names, and what they do.")
    certificates = command("certificates", "Make the certificates that a pool in a network needs.")
    certificates.add_argument("folder", help="a new folder for them, to be copied to every host")
    roofs = command("roofs", "Measure the roofs of every host, and name a host that is unlike those like it.")
    roofs.add_argument("--budget", type=seconds, default=ROOFS_S, help=f"seconds for each host ({ROOFS_S:.0f})")
