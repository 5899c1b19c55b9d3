"""Accel Explorer: which pages there are, and the server's door around them. `streamlit run app/main.py`.

The server imports this file once, for `app`; for every run of a page Streamlit runs it as a script.
"""

from __future__ import annotations

import sys
from copy import copy
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

from accel_core.errors import BadInput
from accel_core.limits import require_limits
from accel_core.machine.compiler import require_settings
from app import catalogue
from app.server import incoming, phones
from app.server.door import Door
from app.server.opening import opened
from app.session import crowd, uploads


def pages() -> None:
    """Draw the page that the address names."""
    from app.parts import (
        components,  # not before the server runs: it has the caches that they ask for
        sidebar,
        style,
    )
    from app.session import cached

    st.set_page_config("Accel Explorer", "📈", "wide", initial_sidebar_state=220)
    listed = catalogue.shown()
    made = cached.pages(tuple((one.path, one.title, one.icon, one.help) for one in listed))
    shown = dict(zip(listed, map(copy, made), strict=True))  # of its own: a run marks the one it draws
    page = st.navigation(list(shown.values()), expanded=True)  # else the last ones are under “View 3 more”
    uploads.on_page(any(one.takes_files for one, its in shown.items() if its == page))
    st.set_page_config(f"{page.title} · Accel Explorer")
    with components.guard():
        require_settings()
        sidebar.draw()
        style.draw()  # it asks what was chosen there
        page.run()


if __name__ == "__main__":
    pages()
else:
    try:
        require_limits()
    except BadInput as fault:
        sys.exit(f"accel: {fault}")
    incoming.leave_out_what_no_widget_says()
    door = Middleware(Door, script=Path(__file__), taken_from=uploads.taken_from, tell=crowd.see)
    app = st.App(__file__, lifespan=opened, routes=phones.routes(), middleware=[door])
