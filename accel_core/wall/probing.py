"""Whether the wall stands here, found out by a child that tries to get out."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from accel_core.errors import AccelError
from accel_core.wall import bubblewrap, landlock
from accel_core.wall.limits import Limits
from accel_core.wall.starting import FAILED, start
from accel_core.wall.syscalls import MACHINES

PROBE = Path(__file__).with_name("probe.py")
PROBE_S = 60.0
NEEDED = ("bubblewrap", "seccomp")
"""Layers without which no wall stands; Landlock is one more where the kernel has it."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of the wall."""

    name: str
    """"bubblewrap", "seccomp" or "landlock"."""
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Whether foreign code may run here."""

    stands: bool
    reason: str
    """Why not, in a sentence; empty where it stands."""
    layers: tuple[Layer, ...]
    remedy: str = ""
    """What to do, in a sentence; empty where it stands, or where nothing helps."""


@cache
def standing() -> Standing:
    """Whether the wall stands here; found out once a process, by a child that tries to get out."""
    bwrap = bubblewrap.executable()
    if missing := why_impossible(sys.platform, platform.machine(), bwrap):
        return Standing(False, missing[0], (), missing[1])
    try:
        found = _probed()
    except (AccelError, OSError, ValueError) as error:
        said = str(error).removeprefix(FAILED).rstrip(".")
        reason, remedy = why_refused(said, {name: _setting(name) for name in SETTINGS}, os.geteuid())
        return Standing(False, reason, (), remedy)
    return judged(found, _version(bwrap or ""), landlock.version())


def judged(found: Mapping[str, Mapping[str, bool]], bwrap: str, abi: int) -> Standing:
    """What follows from what the probe `found`: layer -> what it is there for -> whether it holds."""
    versions = {"bubblewrap": bwrap, "seccomp": "two filters of system calls", "landlock": f"version {abi}"}
    layers = []
    for name, tests in found.items():
        failed = [said for said, holds in tests.items() if not holds]
        detail = f"does not hold: not so that {' and '.join(failed)}" if failed else versions[name]
        if name == "landlock" and not abi:
            detail = "this kernel does not have it"
        layers.append(Layer(name, not failed, detail))
    broken = [layer for layer in layers if layer.name in NEEDED and not layer.holds]
    if not broken:
        return Standing(True, "", tuple(layers))
    reason = "; ".join(f"{layer.name} {layer.detail}" for layer in broken)
    return Standing(
        False, f"A child could reach out of the wall: {reason}.", tuple(layers), "Report this as a fault."
    )


SETTINGS = (
    "kernel/apparmor_restrict_unprivileged_userns",
    "kernel/unprivileged_userns_clone",
    "user/max_user_namespaces",
)
"""Below /proc/sys: what keeps bubblewrap from its work."""


def why_impossible(system: str, machine: str, bwrap: str | None) -> tuple[str, str] | None:
    """Why no wall can stand, and what to do, where that shows before anything is tried."""
    elsewhere = "Let a Linux machine with an x86-64 or arm64 processor judge; one's own code can be tried here."
    if system != "linux":
        return "The wall is made of parts of Linux, and this system is another.", elsewhere
    if machine not in MACHINES:
        return f"The wall's filters are written for x86-64 and arm64, and this is {machine}.", elsewhere
    if bwrap is None:
        return (
            "bubblewrap is not installed.",
            "Install it: `apt-get install bubblewrap`, or `dnf install bubblewrap`.",
        )
    return None


def why_refused(said: str, settings: Mapping[str, str], user: int) -> tuple[str, str]:
    """Why bubblewrap does not work, from what it said and from `settings` of the kernel, and what to do."""
    apparmor, clone, most = SETTINGS
    if settings.get(apparmor) == "1" and user != 0:
        return (
            "AppArmor keeps ordinary accounts' programs from user namespaces, which bubblewrap needs.",
            f"As administrator: `sysctl -w kernel.{Path(apparmor).name}=0`, or give bwrap an AppArmor profile "
            "with `userns`.",
        )
    if settings.get(clone) == "0" and user != 0:
        return (
            "The kernel keeps ordinary accounts from user namespaces, which bubblewrap needs.",
            f"As administrator: `sysctl -w kernel.{Path(clone).name}=1`.",
        )
    if settings.get(most) == "0":
        return (
            "The kernel makes no user namespaces, which bubblewrap needs.",
            f"As administrator: `sysctl -w user.{Path(most).name}=10000`.",
        )
    if "nknown option" in said:
        return f"bubblewrap is too old for {said.split()[-1]}.", "Install version 0.8 or later."
    if "namespace" in said or "uid map" in said or "Operation not permitted" in said:
        return (
            f"bubblewrap may not make namespaces here: {said}.",
            "In a container, allow it to: `docker run --security-opt seccomp=unconfined --security-opt "
            "apparmor=unconfined --security-opt systempaths=unconfined`.",
        )
    return (
        f"A walled child could not be started: {said}",
        "Run `bwrap --unshare-all --ro-bind / / true` to see why.",
    )


def _probed() -> dict[str, dict[str, bool]]:
    """What the probe found."""
    with tempfile.NamedTemporaryFile(prefix="accel-canary-") as canary:
        limits = Limits(cpu_s=30, memory_bytes=512 * 1024**2, disk_bytes=1024**2, files=64, threads=False)
        variables = [*bubblewrap.ENVIRONMENT, *bubblewrap.ALONE]
        with start(PROBE, [canary.name, *variables], limits=limits, walled=True) as child:
            child.ready(PROBE_S)
            found: dict[str, dict[str, bool]] = json.loads(child.output())
            return found


def _version(bwrap: str) -> str:
    """ "0.8.0"; "unknown" where the program does not say."""
    try:
        said = subprocess.run(
            [bwrap, "--version"], capture_output=True, text=True, timeout=10, check=False
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return f"version {said.split()[-1]}" if said.split() else "unknown"


def _setting(name: str) -> str:
    try:
        return Path("/proc/sys", name).read_text(encoding="ascii").strip()
    except OSError:
        return ""
