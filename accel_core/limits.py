"""Limits of a server that the environment sets: how many may come, and how many may wait."""

from __future__ import annotations

import os

from accel_core.errors import BadInput, quoted

TABS = ("ACCEL_TABS", 256)
"""Open at once: each may hold a message of server.maxMessageSize in memory that never gets complete."""
TABS_PER_ADDRESS = ("ACCEL_TABS_PER_ADDRESS", 128)
"""So that nobody alone keeps all others out; a room behind a proxy has a single address."""
WAITING = ("ACCEL_WAITING", 200)
"""Of all visitors of one server: the last would wait for minutes, on a thread each."""
WAITING_PER_ADDRESS = ("ACCEL_WAITING_PER_ADDRESS", 40)
"""A class behind one router has one address, and all of them press the button at once."""
WAITING_PER_SESSION = ("ACCEL_WAITING_PER_SESSION", 1)
UNATTENDED_S = ("ACCEL_UNATTENDED_S", 45)
"""A reload, another page of the app or a short loss of the network cost nobody the place in the queue."""
TRIES_PER_ADDRESS = ("ACCEL_TRIES_PER_ADDRESS", 300)
"""Tries and entries of the arena together within an hour: about as many as a machine judges in one."""
EVERY = (
    TABS,
    TABS_PER_ADDRESS,
    WAITING,
    WAITING_PER_ADDRESS,
    WAITING_PER_SESSION,
    UNATTENDED_S,
    TRIES_PER_ADDRESS,
)


def limit(variable: str, usual: int) -> int:
    """What the environment `variable` says, `usual` where it says nothing; BadInput where it says no number."""
    text = os.environ.get(variable, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 10 and int(text) > 0):
        raise BadInput(
            f"{variable} is {quoted(text)}; a whole number from 1 on is allowed: correct it or unset it."
        )
    return int(text)


def require_limits() -> None:
    """BadInput where the environment says no number for one of them."""
    for one in EVERY:
        limit(*one)
