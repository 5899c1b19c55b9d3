"""What happens once a server: it says where it is, shows a browser there, and ends its jobs when it ends."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import streamlit as st

from accel_core.errors import AccelError
from accel_core.hall.gate import greeting
from app.server.door import allowed_names

JUDGE_AFTER_S, LOOK_S = 5.0, 60.0
"""So that the first page does not wait for the compiler, which a judge loads; then until somebody hands in."""


def address() -> str:
    """The address of the first page, under the first name that the server answers to."""
    name = next((name for name in allowed_names() if "*" not in name), "localhost")
    host = f"[{name}]" if ":" in name else name
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{scheme}://{host}:{st.get_option('server.port')}/{path}"


def judge_what_waits() -> bool:
    """Go on where a server left off that was killed; False, and nothing loaded, where nobody ever handed in."""
    from accel_core.store import Entries, Store

    with suppress(AccelError):  # the page Arena says so
        if Entries(Store()).mark()[1]:
            from accel_core.studies.arena import background

            background().wake()
            return True
    return False


def judge_from_then_on(ended: threading.Event) -> None:
    """Judge what waits, from the moment when there is something: the command line hands in too."""
    wait_s = JUDGE_AFTER_S
    while not ended.wait(wait_s) and not judge_what_waits():
        wait_s = LOOK_S


@asynccontextmanager
async def opened(app: st.App) -> AsyncIterator[None]:
    """The server's life, for `st.App`; Streamlit's own greeting asks the Internet where it is."""
    print(f"\n  Accel Explorer is at {address()} (Ctrl-C ends it)\n  {greeting()}\n", flush=True)
    if not st.get_option("server.headless"):
        threading.Thread(target=webbrowser.open, args=[address()], daemon=True).start()
    ended = threading.Event()
    threading.Thread(target=judge_from_then_on, args=[ended], daemon=True).start()
    yield
    ended.set()
    from accel_core import runner  # not before the greeting, which it would delay: it loads NumPy

    await asyncio.to_thread(runner.close)  # a terminated server runs no other farewell
