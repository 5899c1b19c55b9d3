"""The words of `accel store`. Nothing slow is imported here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.cli.homework_words import Command

WHERE = "a file, or a database's URL such as postgresql+psycopg://host/name"


def add_store(command: Command, whole_number: Callable[[str], int]) -> None:
    """`accel store info`, `copy` and `thin`."""
    info = command("info", "Where records are kept, how many of each kind, and how many bytes they take.")
    info.add_argument("store", nargs="?", metavar="STORE", help=f"{WHERE} (your own where left out)")
    copy: Any = command("copy", "Copy all records into another store, each once however often that is done.")
    copy.add_argument("source", metavar="FROM", help=f"{WHERE}, or an archive of `accel store thin`")
    copy.add_argument("target", metavar="TO", help=WHERE)
    thin = command("thin", "Move old measurements that repeat a case out of the store, into an archive.")
    thin.add_argument("store", nargs="?", metavar="STORE", help=f"{WHERE} (your own where left out)")
    thin.add_argument("--older-than", type=whole_number, required=True, metavar="DAYS", help="days")
    thin.add_argument(
        "--keep", type=whole_number, required=True, metavar="N", help="how many of each case stay of those"
    )
    thin.add_argument("--archive", metavar="FILE.jsonl", help="a new file for what goes")
    thin.add_argument("--dry-run", action="store_true", help="only say what would go")
    thin.add_argument("--yes", action="store_true", help="do it")
