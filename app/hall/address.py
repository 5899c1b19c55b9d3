"""Under which address phones join, and its QR code."""

from __future__ import annotations

import html
from functools import cache
from urllib.parse import urlsplit

import streamlit as st

from accel_core.hall import Hall
from app.session.settings import short

LOCAL = ("localhost", "127.0.0.1", "::1")


def join(hall: Hall | None = None) -> str:
    """The address to type, without "http://"; with a hall that of its QR code."""
    parts = urlsplit(st.context.url or "")
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    path = "/".join(part for part in (base, "join", hall.code if hall else "") if part)
    typed = f"{parts.netloc or 'localhost'}/{path}"
    return f"{parts.scheme or 'http'}://{typed}" if hall or parts.scheme == "https" else typed


def typed() -> str:
    """The address to type as HTML; where it is too long for a line it breaks before a slash or a colon."""
    return html.escape(join()).replace("/", "<wbr>/").replace(":", "<wbr>:")


def is_local() -> bool:
    """Whether phones cannot reach the address under which this page is open."""
    return (urlsplit(st.context.url or "").hostname or "localhost") in LOCAL


def warn() -> None:
    """Say so, and how a server is opened to a room."""
    if is_local():
        st.info(
            "Phones cannot reach this address, which is this computer's own. To open the server to a room: "
            "`streamlit run app/main.py --server.address 0.0.0.0 --server.allowedHosts HOST`, where HOST is "
            "its name or address in your network; then open this page at HOST too.",
            icon=":material/phonelink_off:",
        )


@cache
def qr(address: str) -> str:
    """The QR code of an address as an HTML image; empty where segno is not installed."""
    try:
        import segno
    except ImportError:
        return ""
    uri = segno.make_qr(address, error="m").svg_data_uri(border=3, dark="#16202B", light="#FFFFFF")
    return f'<img class="qr" src="{uri}" alt="QR code of {short(address)}">'
