"""What Streamlit's own look costs a page and no option of its theme gives back."""

from functools import cache
from pathlib import Path

import streamlit as st

from app.parts import theme

STYLE = """<style>
    /* A progress bar that is gone leaves its container, and below it a gap that moves the rest down. */
    [data-testid="stLayoutWrapper"]:has(> .stVerticalBlock > .stElementContainer:only-child > .stEmpty) {
        display: none
    }
    .stMainBlockContainer h1 { padding: 0 }
    [data-testid="stAlertContainer"] { padding-block: 0.4rem }
    /* Columns without room for figures side by side stand below one another; many wrap. */
    .stHorizontalBlock > .stColumn { min-width: clamp(0px, (%gpx - 100%%) * 999, 100%%) }
    .stHorizontalBlock:has(> .stColumn:nth-child(3)) > .stColumn { min-width: min(100%%, 13rem) }
    .st-key-setup-side { display: grid; grid-template-columns: repeat(auto-fit, minmax(13rem, 1fr)) }
    @media (max-width: 1200px) { .stMainBlockContainer { padding-inline: 1rem } }
    /* Settings in a row have their names on one line; the button beside them stands on their ground. */
    [class*="st-key-setup"] > :has(> .stButton, > .stPopover) { align-self: flex-end }
    /* The time that a button promises stands at its end; a number says of what it is, and in which unit.
       Streamlit keeps the paragraph in a metric on one line, with a rule more specific than a class alone. */
    .stButton button p,
    .stMetric [data-testid="stMarkdownContainer"], .stMetric [data-testid="stMarkdownContainer"] * {
        white-space: normal; overflow: visible; text-overflow: clip
    }
    /* The numbers of a code's lines, too small for a projector. */
    .stCode pre, .stCode pre > div, .stCode .linenumber { font-size: 0.8rem !important }
    /* The bar of the menu is empty beside its button, but for what unfolds a sidebar: titles stand there. */
    @media screen and (min-width: 769px) {
        [data-testid="stHeader"] { background: transparent; pointer-events: none }
        [data-testid="stHeader"] > * { pointer-events: auto }
        .stApp:has([data-testid="stHeader"]):not(:has([data-testid="stExpandSidebarButton"]))
            .stMainBlockContainer { margin-top: -3rem }
    }
</style>"""


LARGE = """<style>
    html { font-size: %gpx !important }
    .stMainBlockContainer { padding-inline: 2rem }
    .stMainBlockContainer h1 { font-size: 1.8rem }
    /* What is said beside the figures. */
    .stMainBlockContainer [class*="st-key-secondary"] { display: none }
</style>"""


@cache
def _window() -> str:
    return Path(__file__).with_name("window.js").read_text(encoding="utf-8")


def draw() -> None:
    """Put the style into the page, and the script that knows its window."""
    st.html(STYLE % theme.BESIDE_PX)
    rooms = f"ROOMS = {list(theme.ROOMS_PX)}, BESIDE = {theme.BESIDE_PX}, DRAWN_FOR = {theme.room_px()}"
    st.html(f"<script>{{ const {rooms}; {_window()} }}</script>", unsafe_allow_javascript=True)
    if theme.larger() != 1:
        st.html(LARGE % (theme.LARGER * int(st.get_option("theme.baseFontSize"))))
