"""What tests of the wall share: a system on which it stands, and children with a script of a few lines.

A test never skips itself on Linux: what is missing of the wall is installed, or the test fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import gettempdir
from textwrap import dedent, indent

import pytest
from filelock import FileLock

from accel_core.wall import standing

LINUX = sys.platform == "linux"
KINDS = (False, True) if LINUX else (False,)
"""Whether a child is walled in: a plain process everywhere, and behind the wall on Linux."""
HEAD = "import os, sys, time\nfrom accel_core.wall.inside import job_file, serve\n"


def script(folder: Path, prepare: str = "", call: str = "pass") -> Path:
    """A file whose `prepare` runs the lines of `prepare` and returns a function of the lines of `call`."""
    body = [HEAD, "def prepare():", indent(dedent(prepare).strip(), " " * 4)]
    body += ["    def call():", indent(dedent(call).strip(), " " * 8), "    return call"]
    path = folder / "child.py"
    path.write_text("\n".join([*body, "serve(prepare)", ""]), encoding="utf-8")
    return path


def require(walled: bool) -> None:
    """`require_wall` where it is meant to stand."""
    if walled:
        require_wall()


@cache
def require_wall() -> None:
    """Return where the wall stands, put up now if need be; fail with one sentence where it cannot be."""
    if not LINUX:
        pytest.fail(standing().reason, pytrace=False)
    with FileLock(Path(gettempdir(), f"accel-wall-{os.geteuid()}.lock")):  # several workers may find it missing
        if not shutil.which("bwrap"):
            run_as_root("apt-get", "update")  # old lists may do
            run_as_root("apt-get", "install", "-y", "--no-install-recommends", "bubblewrap")
            standing.cache_clear()
    if "CI" in os.environ and not standing().stands:  # a machine that is thrown away afterwards
        run_as_root("sysctl", "-w", "kernel.apparmor_restrict_unprivileged_userns=0")
        standing.cache_clear()
    if not standing().stands:
        pytest.fail(f"{standing().reason} {standing().remedy}", pytrace=False)


def run_as_root(*command: str) -> None:
    """Run `command` as root, or by sudo where that asks for no password; it may fail."""
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    with suppress(OSError, subprocess.TimeoutExpired):
        subprocess.run([*prefix, *command], env=quiet, timeout=300, check=False)
