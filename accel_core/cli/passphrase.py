"""The passphrase of a nickname: that of the environment, else what is typed."""

from __future__ import annotations

import getpass
import os

from accel_core.cli.arena_words import PASSPHRASE
from accel_core.errors import BadInput


def passphrase(nickname: str, *, new: bool = False) -> str:
    """That of the environment, else what is typed; twice where the nickname is new."""
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    try:
        typed = getpass.getpass(f"Passphrase of {nickname}: ")
        if new and getpass.getpass(f"{nickname} is new. The same once more: ") != typed:
            raise BadInput("The two differ: nothing was handed in.")
    except EOFError:
        raise BadInput(f"No passphrase was given: type it, or set {PASSPHRASE}.") from None
    return typed
