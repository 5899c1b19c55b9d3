"""What was found: the picture with guess and measurement, the reading, the claim, and where to go on."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from accel_core.figures.lessons import reveal_figure
from accel_core.lessons import Lesson
from accel_core.lessons.told import disturbance, read, reveal_alt
from accel_core.studies.lessons import Found, Standing
from app.lessons.standing import button, following
from app.parts import components, theme
from app.parts.components import literal
from app.session import drawings, tries


def show(one: Lesson, found: Found, standings: Mapping[str, Standing], *, fresh: bool) -> None:
    """The answer of this machine, the guess beside it, and the next step; `fresh` where it was just found."""
    if not fresh:
        st.caption(f":material/history: Answered on {components.day(found.answer.created)}.")
    answer(one, found, key="reveal")
    with st.container(horizontal=True, vertical_alignment="center"):
        components.link(one.look.page, "Look further: {title}", one.look.settings)
        if (after := following(one, standings)) is not None:
            button(after, f"Next: {after.title}", "arrow_forward", key="next")
        st.button("Do it again", key="again", icon=":material/replay:", on_click=tries.again, args=(one.name,))


def answer(one: Lesson, found: Found, *, key: str, stale: str = "") -> None:
    """The picture, what it says, and the claim with its source; `stale`: whose it is."""
    disturbed = disturbance(found.run)
    figure = drawings.drawn(
        reveal_figure,
        one.form,
        found.said,
        found.truth,
        theme.current_look(),
        disturbed=bool(disturbed),
        stale=stale,
    )
    theme.show(figure, alt=reveal_alt(one, found.said, found.truth), key=key, filename=f"lesson-{one.name}")
    components.reading(literal(one.reveal(read(one.form, found.said), found.run)))
    if disturbed:
        st.warning(f"{disturbed} Do it again before you trust the answer.", icon=":material/warning:")
    with st.container(border=True):
        st.markdown(f"**The claim:** {literal(one.claim.text)}")
        st.caption(f"Source: {literal(one.claim.source)}")
