"""What tests of the wall share: a system on which it stands, and children with a script of a few lines."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from textwrap import dedent, indent

import pytest

LINUX = sys.platform == "linux"
KINDS = (False, True) if LINUX else (False,)
"""Whether a child is walled in: a plain process everywhere, and behind the wall on Linux."""
MISSING = (
    "The wall does not stand here and could not be put up: install bubblewrap 0.8 or later "
    "(`apt-get install bubblewrap`), and allow user namespaces."
)
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
    """Return where bubblewrap is installed, now if need be; fail with one sentence where that cannot be."""
    if LINUX and not shutil.which("bwrap"):
        _install()
    if not shutil.which("bwrap"):
        pytest.fail(MISSING, pytrace=False)


def _install() -> None:
    """Install Debian's or Ubuntu's package, as root or where sudo asks for no password."""
    if not shutil.which("apt-get"):
        return
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "-y", "--no-install-recommends", "bubblewrap"]):
        try:
            subprocess.run([*prefix, "apt-get", *arguments], env=quiet, timeout=300, check=False)
        except OSError:
            return
