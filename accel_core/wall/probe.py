"""A child that tries to get out, and says what held it: run by `probing`, with where a canary lies."""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from accel_core.wall.inside import serve


def refused(tried: Callable[[], object], *reasons: int) -> bool:
    """Whether `tried` fails, for one of `reasons`."""
    try:
        tried()
    except OSError as error:
        return error.errno in reasons
    return False


def leave_a_process() -> None:
    """Fork; the other ends at once."""
    if not os.fork():
        os._exit(0)


def walled_in(canary: Path, variables: list[str]) -> dict[str, bool]:
    """Each thing that bubblewrap is there for, and whether it holds."""
    processes = [one.name for one in Path("/proc").iterdir() if one.name.isdigit()]
    interfaces = Path("/proc/net/dev").read_text(encoding="utf-8").splitlines()[2:]
    return {
        "a file of the host is out of sight": refused(canary.read_bytes, errno.ENOENT, errno.EACCES),
        "no other process is in sight": processes == [str(os.getpid())] == ["1"],
        "there is no network": all(line.split(":")[0].strip() == "lo" for line in interfaces),
        "the environment is empty": set(os.environ) <= {*variables, "PWD"},
        "the system is read-only": refused(lambda: os.open("/written", os.O_CREAT | os.O_WRONLY), errno.EROFS),
    }


def filtered() -> dict[str, bool]:
    """Each thing that the filters of system calls are there for."""
    import socket

    return {
        "no process can be started": refused(leave_a_process, errno.EPERM),
        "no socket can be made": refused(socket.socket, errno.EPERM),
    }


def given_up() -> dict[str, bool]:
    """What Landlock is there for: the first is shown by bubblewrap, and not read here all the same."""
    return {"files that are not needed are closed": refused(lambda: os.listdir("/"), errno.EACCES)}  # noqa: PTH208


def prepare() -> Callable[[], object]:
    """Try all of it, and print what holds as a line of JSON."""
    canary, *variables = sys.argv[1:]
    found = {"bubblewrap": walled_in(Path(canary), variables), "seccomp": filtered(), "landlock": given_up()}
    with suppress(BrokenPipeError):
        print(json.dumps(found), flush=True)
    return lambda: None


if __name__ == "__main__":
    serve(prepare)
