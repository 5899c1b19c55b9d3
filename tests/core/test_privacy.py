"""What a sentence may tell a room of whoever runs the server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings

import pytest

from accel_core import errors, privacy

POSIX = ("/home/alice", ["alice"], "${USER}")
WINDOWS = (r"C:\Users\alice", ["alice"], "%USERNAME%")


@pytest.mark.parametrize(
    ("host", "told", "kept"),
    [
        (POSIX, "Cannot write /home/alice/x.html: full.", "Cannot write ~/x.html: full."),
        (POSIX, "'/home/alice' and /home/alice.", "'~' and ~."),
        (POSIX, "/home/alicea/x, /home/al.b/x", "/home/alicea/x, /home/al.b/x"),
        (POSIX, "/mnt/home/alice/x", "/mnt/home/${USER}/x"),
        (POSIX, "/scratch/alice/records.db", "/scratch/${USER}/records.db"),
        (POSIX, "/tmp/alice, /tmp/alice/", "/tmp/${USER}, /tmp/${USER}/"),
        (POSIX, "sqlite:////scratch/alice/r.db", "sqlite:////scratch/${USER}/r.db"),
        (POSIX, "alice asked malice of /tmp/malice", "alice asked malice of /tmp/malice"),
        (WINDOWS, r"C:\Users\alice\AppData\x", r"~\AppData\x"),
        (WINDOWS, r"'c:\\users\\Alice\\x'", r"'~\\x'"),
        (WINDOWS, "C:/Users/alice/x", "~/x"),
        (WINDOWS, r"D:\data\Alice\x", r"D:\data\%USERNAME%\x"),
        (("/", ["daemon"], "${USER}"), "/var/lib/accel", "/var/lib/accel"),
        (("", [], "${USER}"), "/var/lib/accel", "/var/lib/accel"),
        (("/root", ["root"], "${USER}"), "/root/x, /rooted/x, /a/root", "~/x, /rooted/x, /a/${USER}"),
        (("/home/alice b", ["alice b"], "${USER}"), "/home/alice b/x, /s/alice b/x", "~/x, /s/${USER}/x"),
    ],
)  # fmt: skip
def test_a_path_tells_no_users_name(host: tuple[str, list[str], str], told: str, kept: str) -> None:
    assert privacy.without(told, *host) == kept


def test_every_error_and_warning_of_ours_is_told_without_the_users_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, os.path.join(os.sep, "home", "alice"))  # noqa: PTH118
    for variable in ("LOGNAME", "USER", "USERNAME"):
        monkeypatch.setenv(variable, "alice")
    told = os.path.join(os.sep, "home", "alice", "records") + " and /scratch/alice/records"  # noqa: PTH118
    heard: list[str] = []
    with errors.listening(heard.append):
        warnings.warn(told, errors.AccelWarning, stacklevel=1)
    for sentence in (str(errors.AccelError(told)), str(errors.BadInput(told)), *heard):
        assert "alice" not in sentence and sentence.startswith("~")
        assert re.search(r"scratch.*records", sentence)


def test_the_account_is_known_where_no_variable_names_it() -> None:
    script = "from accel_core import privacy; print(privacy.without_user('/scratch/' + input()))"
    bare = {name: value for name, value in os.environ.items() if name not in {"LOGNAME", "USER"}}
    (name, *_) = privacy.names()
    told = subprocess.run(
        [sys.executable, "-c", script], input=name, env=bare, capture_output=True, text=True, check=True
    )
    assert told.stdout.strip() == f"/scratch/{privacy.USER}"
