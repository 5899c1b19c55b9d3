"""The words of `accel homework` and `accel check`. Nothing slow is imported here."""

from __future__ import annotations

import argparse
from typing import Protocol

from accel_core.homework.checking.limits import FINDS


class Command(Protocol):
    """Adds a command of this name and help to the command line."""

    def __call__(self, name: str, help: str) -> argparse.ArgumentParser:
        """Its parser."""


def add_homework(command: Command) -> None:
    """`accel homework new`, `check-assignment`, `run` and `pack`."""
    new = command("new", "Write a commented assignment to begin with; a file that is there stays as it is.")
    new.add_argument("file", nargs="?", default="assignment.toml", help="assignment.toml where left out")
    check = command("check-assignment", "Explain every mistake in an assignment, or say what students will do.")
    check.add_argument("file", help="the assignment, a TOML file")
    run = command("run", "Begin an assignment here, and measure what its experiments still lack.")
    run.add_argument("file", help="the assignment, a TOML file")
    pack = command("pack", "Write what was done of an assignment into one file, to be handed in.")
    pack.add_argument("--assignment", required=True, metavar="FILE", help="the assignment, a TOML file")
    pack.add_argument("--student", required=True, metavar="ID", help="who hands it in, as the course wants it")
    pack.add_argument("--out", default="pack.json", metavar="FILE", help="the file to write (pack.json)")
    pack.add_argument("--answers", metavar="FILE", help='a TOML file with a line id = "text" for each question')


def add_check(check: argparse.ArgumentParser) -> None:
    """The options of `accel check`."""
    check.description = f"{check.description} {FINDS}"
    check.add_argument("packs", nargs="+", help="folders of packs, or packs")
    check.add_argument("--assignment", required=True, metavar="FILE", help="the assignment, a TOML file")
    check.add_argument("--out", required=True, metavar="FILE", help="the table to write, a CSV file")
    check.add_argument("--gradescope", metavar="DIR", help="where to put a results.json for each pack")
    check.add_argument("--html", metavar="FILE", help="a page with every finding in full")
