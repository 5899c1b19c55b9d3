"""What a sentence gives away: a path says whose account runs the program, and pages show sentences to others.

The short forms are those that a shell expands again: `~` and `${USER}`, on Windows `%USERNAME%`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

USER = "%USERNAME%" if os.name == "nt" else "${USER}"


def without_user(text: str) -> str:
    """`text` with the home folder written `~`, and a folder named as the account as a variable."""
    return without(text, home(), names(), USER)


def without(text: str, home: str, names: Iterable[str], user: str) -> str:
    """The sum that `without_user` is, for the home folder and account of any host."""
    flags = re.IGNORECASE if "\\" in home else re.NOFLAG
    parts = [re.escape(part) for part in re.split(r"[/\\]+", home.rstrip("/\\"))]
    if len(parts) > 1:
        folder = r"[/\\]+".join(parts)  # with either slash, and doubled where Python quotes it
        text = re.sub(rf"(?<![\w/\\.~-]){folder}(?![\w-]|\.\w)", "~", text, flags=flags)
    for name in names:
        folder = rf"(?<=[/\\]){re.escape(name)}(?![\w-]|\.\w)"
        text = re.sub(folder, lambda _: user, text, flags=flags)
    return text


def home() -> str:
    """This account's home folder; "" where it has none."""
    with suppress(RuntimeError):
        return str(Path.home())
    return ""


def names() -> set[str]:
    """What this account is called, by its environment and by the list of accounts."""
    found = {os.environ.get(variable, "") for variable in ("LOGNAME", "USER", "USERNAME")}
    with suppress(ImportError, KeyError):  # Windows has no such list, a container's number no entry
        import pwd

        found.add(pwd.getpwuid(os.getuid()).pw_name)
    return found - {""}
