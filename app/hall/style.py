"""Letters for the last row, which no option of Streamlit's theme gives, and keys of a presenter's remote."""

import streamlit as st

STYLE = """<style>
    [data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none }
    .st-key-hall-screen { padding-bottom: 4.5rem; gap: 0.5rem }
    .st-key-hall-screen h1 { font-size: clamp(1.8rem, 4.4vw, 5.6rem) !important; line-height: 1.12;
        max-width: 26em; text-wrap: balance }
    .st-key-hall-screen [data-testid="stHeading"] [data-testid="stMarkdownContainer"] { margin-bottom: 0 }
    .st-key-hall-screen:has(.hall-found) h1 { font-size: clamp(1.5rem, 2.2vw, 2.8rem) !important;
        max-width: none }
    .st-key-hall-screen p[class^="hall-"] { margin: 0 }
    .st-key-hall-screen p.hall-found { margin-top: 0.15em }
    .hall-told { font-size: clamp(1.2rem, 2vw, 2.6rem); opacity: 0.8 }
    .hall-address { font-size: clamp(1.6rem, 3.4vw, 4.4rem); font-weight: 600; overflow-wrap: anywhere }
    .hall-code { font-size: clamp(3.4rem, 9vw, 12rem); font-weight: 800; letter-spacing: 0.12em;
        line-height: 1.1 }
    .hall-count { font-size: clamp(1.6rem, 3vw, 4rem); font-weight: 600; font-variant-numeric: tabular-nums }
    .hall-clock { font-size: clamp(3.4rem, 9vw, 12rem); font-weight: 700; line-height: 1.1;
        font-variant-numeric: tabular-nums }
    .hall-found { font-size: clamp(2rem, 3.8vw, 5rem); font-weight: 800; line-height: 1.1 }
    .hall-long { font-size: clamp(1.4rem, 2.2vw, 3rem) }
    .hall-found small { font-size: 0.4em; font-weight: 500; opacity: 0.8; white-space: nowrap }
    .hall-small { font-size: clamp(1rem, 1.25vw, 1.6rem); opacity: 0.8; overflow-wrap: anywhere }
    .hall-small-code { font-size: clamp(1.6rem, 2.6vw, 3.4rem); font-weight: 800; letter-spacing: 0.12em }
    .hall-answers { font-size: clamp(1.3rem, 2.2vw, 2.8rem); line-height: 1.5; margin: 0 }
    .st-key-hall-reading [data-testid="stCaptionContainer"] p {
        font-size: clamp(0.9rem, 1.1vw, 1.4rem) !important }
    .st-key-hall-reading :is(p, li) { font-size: clamp(1.1rem, 1.5vw, 1.9rem); line-height: 1.35 }
    img.qr { width: 100%; max-width: min(62vh, 34rem); image-rendering: pixelated; border-radius: 0.4rem }
    .hall-late { display: flex; flex-wrap: wrap; gap: 0.5rem 1.5rem; align-items: center }
    .st-key-hall-screen [data-testid="stProgress"] p { font-size: clamp(1.1rem, 1.5vw, 1.9rem) }
    .st-key-hall-screen [data-testid="stProgress"] [role="progressbar"] > div { height: 1rem }
    .st-key-hall-steering { position: fixed; inset: auto 0 0 0; padding: 0.6rem 2rem; z-index: 5;
        width: auto; background: Canvas; background: light-dark(#FFFFFF, #10161D) }
    @media (min-width: 600px) { .st-key-hall-join .stHorizontalBlock > .stColumn { min-width: 0 } }
    .st-key-hall-steering button p { font-size: 1.1rem }
    @media (max-width: 900px) { /* there columns stand below each other, and the keys in two rows */
        .st-key-hall-screen { padding-bottom: 8rem }
        img.qr { max-width: 30vh }
        .hall-late img.qr { max-width: 20vh }
    }
</style>"""

REMOTE = """<script>
(() => {
  if (window.accelHall) return;
  window.accelHall = true;
  // A presenter's remote sends PageDown and PageUp; the space bar goes on too, unless a control takes it.
  const keys = { PageDown: "next", " ": "next", PageUp: "back" };
  document.addEventListener("keydown", (event) => {
    const name = keys[event.key];
    const button = name && document.querySelector(`[class~="st-key-hall-${name}"] button`);
    const control = event.target.closest?.("input, textarea, select, button, a, [contenteditable]");
    if (!button || event.repeat || (event.key === " " && control)) return;
    event.preventDefault();
    button.click();
  });
})();
</script>"""


def draw() -> None:
    """Put both into the page."""
    st.html(STYLE)
    st.html(REMOTE, unsafe_allow_javascript=True)
