"""Who looks at this page: its connection, its browser and its address, as the runner's `Visitor`."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import cycle
from urllib.parse import urlsplit

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from accel_core.runner.visitors import Visitor

COOKIE = "_streamlit_xsrf"
"""Streamlit gives every browser a random token in it, keeps the token and masks it anew with each answer, as
Tornado does: `2|mask|masked token|time`, in hexadecimal digits."""
TOKEN_BYTES = 16


def here() -> Visitor:
    """The one for whom this script runs."""
    context = get_script_run_ctx()
    session = context.session_id if context is not None else ""
    browser = browser_of(st.context.cookies.get(COOKIE, ""))
    return Visitor(session, browser, st.context.ip_address or "", partial(is_open, session))


LOOPBACK = ("localhost", "127.0.0.1", "::1")
FORWARDED = ("Forwarded", "X-Forwarded-For", "Via")
"""Headers by which a proxy says that somebody else asks."""


def at_this_computer() -> bool:
    """Whether the visitor sits at the computer that runs the app, and may leave files there.

    A proxy on it asks from here too: it says so, or passes on the name under which it was asked itself.
    """
    headers = st.context.headers
    if st.context.ip_address is not None or any(headers.get(name) for name in FORWARDED):
        return False
    return urlsplit(f"//{headers.get('Host') or ''}").hostname in LOOPBACK


def browser_of(cookie: str) -> str:
    """A mark of the browser with this cookie, which says nothing of the token; empty where it holds none.

    The token is never in an address, so a link that is passed on does not pass the browser on with it.
    """
    version, *parts = cookie.strip("\"'").split("|")
    try:
        mask, masked, _ = parts
        key, hidden = bytes.fromhex(mask), bytes.fromhex(masked)
    except ValueError:
        return ""
    if version != "2" or not key or len(hidden) < TOKEN_BYTES:
        return ""
    token = bytes(one ^ other for one, other in zip(hidden, cycle(key), strict=False))
    return hashlib.sha256(token).hexdigest()


def is_open(session: str) -> bool:
    """Whether the page of `session` is connected: the browser answers for it even while its tab is hidden."""
    return not runtime.exists() or runtime.get_instance().is_active_session(session)
