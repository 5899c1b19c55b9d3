"""Accel Explorer: which pages there are, and the server's door around them. `streamlit run app/main.py`.

The server imports this file once, for `app`; for every run of a page Streamlit runs it as a script.
"""

from __future__ import annotations

import incoming
import streamlit as st
from door import Door
from opening import opened
from starlette.middleware import Middleware


def pages() -> None:
    """Draw the page that the address names."""
    import components  # not before the server runs: it has the caches that they ask for
    import sidebar

    st.set_page_config("Accel Explorer", "📈", "wide", initial_sidebar_state=220)
    page = st.navigation(
        [
            st.Page(
                "views/machine.py",
                title="This machine",
                icon=":material/memory:",
                default=True,
                help="Caches, memory and measured speed limits of the computer that runs this app.",
            ),
            st.Page(
                "views/ladder.py",
                title="Ladder",
                icon=":material/stairs:",
                help="One problem, from Python loops to the library, one change at a time, timed live.",
            ),
            st.Page(
                "views/lab.py",
                title="Lab",
                icon=":material/science:",
                help="Sweep size, block or threads, and see where the caches end.",
            ),
            st.Page(
                "views/panels.py",
                title="Panels",
                icon=":material/stacked_bar_chart:",
                help="The packed product's blocks: which cache holds which, what overflows, what it costs.",
            ),
            st.Page(
                "views/roofline.py",
                title="Roofline",
                icon=":material/roofing:",
                help="All measurements under this machine's roofs, and a calculator for predictions.",
            ),
            st.Page(
                "views/fusion.py",
                title="Fusion",
                icon=":material/merge:",
                help="One formula in seven forms: which cost each change removes, and what it allocates.",
            ),
            st.Page(
                "views/traversal.py",
                title="Traversal",
                icon=":material/grid_on:",
                help="Loop orders access by access: what hits, what misses, and what is thrown out.",
            ),
            st.Page(
                "views/backends.py",
                title="Backends",
                icon=":material/alt_route:",
                help="Who is fastest at which operation and shape, and the same code under each of them.",
            ),
        ]
    )
    st.set_page_config(f"{page.title} · Accel Explorer")
    with components.guard():
        sidebar.draw()
        page.run()


if __name__ == "__main__":
    pages()
else:
    incoming.leave_out_what_no_widget_says()
    app = st.App(__file__, lifespan=opened, middleware=[Middleware(Door)])
