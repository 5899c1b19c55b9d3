"""One verdict: its sentence, its steps, the input that fails, the points under the roof, sizes, and why."""

from __future__ import annotations

import streamlit as st

from accel_core.arena.event import MISSES, Event
from accel_core.arena.starter import problem_of
from accel_core.figures.arena_misses import misses_figure
from accel_core.figures.arena_roofline import entry_roofline_figure
from accel_core.model.arena import ACCEPTED, QUARANTINED, UNSETTLED, Verdict
from accel_core.readings import arena_sizes as sizes
from accel_core.readings import arena_verdict as told
from accel_core.readings.arena_misses import misses_alt, misses_of, misses_reading
from accel_core.readings.arena_text import plain
from app.parts import components, tables, theme
from app.parts.components import literal, literal_but_bold
from app.session import cached, drawings

ICONS = {
    ACCEPTED: ":green[:material/check_circle:]",
    QUARANTINED: ":orange[:material/speed:]",
    UNSETTLED: ":orange[:material/waves:]",
}
REFUSED_ICON = ":red[:material/block:]"
STEPS = {
    told.PASSED: ":green[:material/check:] {}",
    told.FAILED: ":red[:material/close:] **{}**",
    told.AHEAD: ":gray[:material/remove: {}]",
}


def show(verdict: Verdict, event: Event, *, key: str) -> None:
    """All of it, the sentence first. What somebody else wrote is shown as text, never as Markdown or HTML."""
    headline(verdict)
    _failing(verdict, event)
    points = sizes.points_of(verdict)
    if counted := misses_of(verdict):
        figure = drawings.drawn(misses_figure, counted, theme.current_look())
        theme.show(figure, alt=misses_alt(counted), key=f"{key} misses", filename=f"arena-{event.name}-misses")
        components.reading(literal_but_bold(misses_reading(counted)))
    if points:
        figure = drawings.drawn(entry_roofline_figure, points, theme.current_look(), stale=_whose(verdict))
        alt = sizes.points_alt(points)
        theme.show(figure, alt=alt, key=f"{key} roofline", filename=f"arena-{event.name}-roofline")
        components.reading(literal_but_bold(sizes.points_reading(points)))
    if verdict.sizes:
        tables.table(
            sizes.size_rows(verdict), f"arena-{event.name}-{key}", alt="The entry by size", height="content"
        )
    _why(verdict, event)
    _how(verdict)


def _whose(verdict: Verdict) -> str:
    if verdict.fingerprint in ("", cached.machine().fingerprint):  # misses are the same on every machine
        return ""
    return f"Another machine ({plain(verdict.fingerprint[:8])})"


def headline(verdict: Verdict) -> None:
    """The verdict as one sentence, its reason, the steps that were passed, and numbers of the code."""
    with st.container(border=True):
        icon = ICONS.get(verdict.verdict, REFUSED_ICON)
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.subheader(f"{icon} {literal(told.verdict_headline(verdict))}", anchor=False, width="content")
            if beside := told.verdict_beside(verdict):
                st.caption(beside, width="content")
        if verdict.reason:
            st.text(plain(verdict.reason))
        steps = (
            STEPS[how].format(told.stage_title(verdict, stage))
            for stage, how in told.stages_of(verdict).items()
        )
        facts = (f"{name}: **{literal(value)}**" for name, value in sizes.facts_of(verdict).items())
        with st.container(horizontal=True, gap="small"):
            st.markdown("\u2002".join(steps), width="content")
            st.markdown(" · ".join(facts), width="content")
        if not verdict.walled:
            st.caption(":material/gpp_maybe: It ran without a wall around it.")
        if noise := told.noise_text(verdict):
            st.caption(f":material/waves: {literal(noise)}")


def _failing(verdict: Verdict, event: Event) -> None:
    """The smallest input that it fails, as small tables where it is made of numbers."""
    parts = told.failing_parts(verdict)
    if not parts:
        return
    st.markdown("**The smallest input that it fails**")
    with st.container(horizontal=True, gap="medium"):
        for name, part in parts.items():
            for title, block in _titled(name, plain(str(part)), event):
                with st.container(width="content"):
                    st.caption(title)
                    matrix(block, f"{title} of the failing input")


def _titled(name: str, part: str, event: Event) -> list[tuple[str, str]]:
    """The arrays of one part with their names; inputs have those of the event's problem."""
    found = told.blocks(part)
    inputs = [] if event.kind == MISSES else [array.name for array in problem_of(event).inputs]
    titles = inputs if name == "input" and len(inputs) == len(found) else [name] * len(found)
    return list(zip(titles, found, strict=True))


def matrix(part: object, alt: str) -> None:
    """A small matrix as a table, anything else as text."""
    rows = told.failing_rows(part)
    if rows is None:
        st.code(plain(str(part)), language=None, wrap_lines=True, width="content")
    else:
        st.dataframe(rows, hide_index=True, alt=alt, width="content")


def _why(verdict: Verdict, event: Event) -> None:
    """The score as the product that it is."""
    found = sizes.why(verdict, event.floor)
    if found is None:
        return
    with st.expander(f"Why {sizes.score_text(verdict.score)}?", icon=":material/function:"):
        st.latex(sizes.why_formula(verdict))
        st.markdown(literal(sizes.why_numbers(found)))
        st.markdown(literal(sizes.why_reading(found, event.floor)))
        if points := sizes.curve_text(verdict, event):
            st.markdown(literal(points))


def _how(verdict: Verdict) -> None:
    """How it was judged."""
    with st.expander("How it was judged", icon=":material/timer:"):
        rows = [{"What": what, "Value": value} for what, value in sizes.how_judged(verdict)]
        st.dataframe(rows, hide_index=True, alt="How it was judged")
