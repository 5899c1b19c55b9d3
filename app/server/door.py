"""The server's door, around all of Streamlit's own parts: who is let in, and with what.

Streamlit serves more than pages need. It keeps uploads without an uploader on the page. Where a page of another
site knocks, it asks the Internet for this computer's own address, to see whether that is meant.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import streamlit as st

from accel_core.errors import quoted
from accel_core.limits import TABS, TABS_PER_ADDRESS, limit
from app.server import messages, phones, uploads

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = ("localhost", "127.0.0.1", "::1")
HEALTH = "/_stcore/health"
"""Says "ok" and no more, so whoever watches over servers may ask for it under any name."""
HEADERS = (
    (b"content-security-policy", b"frame-ancestors 'self'"),  # no other site lays its own buttons over ours
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),  # a page's settings stand in its address
)
AGAINST_POLICY = 1008
"""The WebSocket protocol's number for it."""
COLLECTED = 64
"""Closed tabs: without it 128 unfinished messages of 4 MB, again and again, held 1.6 GB, with it 1.0 GB."""


def nobody(session: str) -> bool:
    """That no tab shows a page that takes files."""
    return False


class Door:
    """An ASGI layer: `app`, which runs `script`, sees only what passed the door.

    `taken_from(session)` says whether a tab shows a page that takes files; `tell` is told how many are open.
    """

    def __init__(
        self,
        app: ASGIApp,
        script: Path,
        taken_from: Callable[[str], bool] = nobody,
        tell: Callable[[int], None] = lambda tabs: None,
    ) -> None:
        self.app = app
        self.script = script
        self.taken_from = taken_from
        self.tell = tell
        self.tabs: Counter[str] = Counter()
        self.left = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        address = (scope.get("client") or ("",))[0]
        refusal = why_not(scope, self.taken_from) or self.no_room(scope, address)
        if refusal:
            await refuse(scope, receive, send, *refusal)
        elif scope["type"] == "websocket":
            self.tabs[address] += 1
            self.tell(self.tabs.total())
            try:
                hidden = messages.without_place(send, self.script)
                await self.app(without_origin(scope), messages.wanted(receive), hidden)
            finally:
                self.leave(address)
        else:
            with uploads.under_way(scope):
                await self.app(without_origin(scope), receive, with_headers(send))

    def leave(self, address: str) -> None:
        """A tab was closed: what it had sent lies in a cycle of the server's objects until it is collected."""
        self.tabs[address] -= 1
        self.tabs += Counter()  # forgets who has none
        self.tell(self.tabs.total())
        self.left += 1
        if self.left % COLLECTED == 0:
            gc.collect()

    def no_room(self, scope: Scope, address: str) -> tuple[int, str] | None:
        """(HTTP status, sentence) where one tab more would be too many, else None."""
        if scope["type"] == "http" and "text/html" not in ",".join(header(scope, b"accept")):
            return None  # a part of a page that is let in
        if phones.is_phones(scope["path"]):
            return None  # it opens no tab
        of_all, of_one = limit(*TABS), limit(*TABS_PER_ADDRESS)
        if self.tabs.total() < of_all and self.tabs[address] < of_one:
            return None
        return 503, (
            f"This server has {self.tabs.total()} open tabs, {self.tabs[address]} of them from your address, "
            f"and holds {of_all} ({TABS[0]}), {of_one} from one address ({TABS_PER_ADDRESS[0]}): close one and "
            "load this page again."
        )


def why_not(scope: Scope, taken_from: Callable[[str], bool] = nobody) -> tuple[int, str] | None:
    """(HTTP status, sentence) where a request is refused, else None."""
    names = allowed_names()
    hosts, origins = header(scope, b"host"), header(scope, b"origin")
    host = hosts[0] if len(hosts) == 1 else ""
    if not is_named(host, names) and not scope["path"].endswith(HEALTH):
        return 403, (
            f"This page was asked for at {quoted(host)}, but its server answers only at {' or '.join(names)}: "
            "open it there, or start the server with --server.allowedHosts and the name that you use."
        )
    if not all(is_own(origin, host) for origin in origins):
        return 403, (
            f"A page of {quoted(', '.join(origins))} asked for this, but only pages of this server may: open "
            "it in a tab of its own."
        )
    if scope["type"] == "http" and scope["method"] not in {"GET", "HEAD"} and not may_vote(scope):
        return uploads.why_not(scope, taken_from)
    return None


def may_vote(scope: Scope) -> bool:
    """Whether a request is a vote of a lecture hall, the only thing that is taken.

    Browsers name the origin of whatever is sent; `why_not` has judged it.
    """
    return scope["method"] == "POST" and phones.is_vote(scope["path"]) and bool(header(scope, b"origin"))


def allowed_names() -> tuple[str, ...]:
    """The names under which the server answers: those that it was given, else this computer's own."""
    return tuple(name.strip().lower() for name in st.get_option("server.allowedHosts")) or LOOPBACK


def is_named(host: str, names: Iterable[str]) -> bool:
    """Whether a Host header is one of `names` ("*.example" stands for all below it), with any port or none."""
    try:
        parts = urlsplit(f"//{host}")
        name, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    bare = f"[{name}]" if ":" in name else name
    if host.lower() not in {bare, f"{bare}:{port}"}:  # a user or a path, which no browser writes there
        return False
    return any(fnmatchcase(name.rstrip("."), pattern.rstrip(".")) for pattern in names)


def is_own(origin: str, host: str) -> bool:
    """Whether an Origin header names the page of this server, or one that its settings trust."""
    try:
        own = urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
    return own or origin in st.get_option("server.corsAllowedOrigins")


def header(scope: Scope, name: bytes) -> list[str]:
    """The values of a header: one, unless somebody tries what two do."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def without_origin(scope: Scope) -> Scope:
    """`scope` as of a program that is no browser: its origin was judged here, without asking the Internet."""
    return {**scope, "headers": [(key, value) for key, value in scope["headers"] if key != b"origin"]}


async def refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    """Answer with the sentence; a WebSocket takes none."""
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": AGAINST_POLICY})
        return
    body = f"{sentence}\n".encode()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        *HEADERS,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def with_headers(send: Send) -> Send:
    """`send`, with the door's headers on every answer."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
        await send(message)

    return sent
