"""What happens once a server: it says where it is, shows a browser there, and ends its jobs when it ends."""

from __future__ import annotations

import asyncio
import threading
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st

from accel_core.hall.gate import greeting
from app.server.door import allowed_names


def address() -> str:
    """The address of the first page, under the first name that the server answers to."""
    name = next((name for name in allowed_names() if "*" not in name), "localhost")
    host = f"[{name}]" if ":" in name else name
    scheme = "https" if st.get_option("server.sslCertFile") else "http"
    path = str(st.get_option("server.baseUrlPath")).strip("/")
    return f"{scheme}://{host}:{st.get_option('server.port')}/{path}"


@asynccontextmanager
async def opened(app: st.App) -> AsyncIterator[None]:
    """The server's life, for `st.App`; Streamlit's own greeting asks the Internet where it is."""
    print(f"\n  Accel Explorer is at {address()} (Ctrl-C ends it)\n  {greeting()}\n", flush=True)
    if not st.get_option("server.headless"):
        threading.Thread(target=webbrowser.open, args=[address()], daemon=True).start()
    yield
    from accel_core import runner  # not before the greeting, which it would delay: it loads NumPy

    await asyncio.to_thread(runner.close)  # a terminated server runs no other farewell
