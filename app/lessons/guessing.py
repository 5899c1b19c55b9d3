"""What a guess is made with: a slider and a number, a choice, or an order; and the buttons that commit it."""

from __future__ import annotations

import math

import streamlit as st

from accel_core.errors import BadInput
from accel_core.lessons import Choice, Lesson, Number, Order
from accel_core.lessons.lesson import Job
from app.parts import components
from app.session import jobs, tries

FAULT = "guess fault"
WIDTHS = (4, 9)
"""Of the field and of the slider."""
STEPS = (1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Round numbers of a decade, about as far apart on a log scale."""
LOCK, SKIP = ":material/lock:", ":material/skip_next:"
NOTHING = "Say first what you expect, or skip the guess."
ALL = "Press all of them first: an order has a place for each."


def draw(one: Lesson, job: Job | None) -> None:
    """The form of a lesson's guess, and the buttons that commit or skip it."""
    if isinstance(one.form, Number):
        _number(one.name, one.form)
    elif isinstance(one.form, Choice):
        words = _words(one.form)
        st.radio("Your guess", list(words), None, format_func=words.__getitem__, key=_key(one.name))
    else:
        _order(one.name, one.form)
    given, fault = st.session_state.get(FAULT, (None, ""))
    if fault and given == (one.name, said(one)):
        st.warning(fault)
    with st.container(horizontal=True, vertical_alignment="center"):
        if job is None:
            st.button("Commit", key="commit", type="primary", icon=LOCK, on_click=commit, args=(one,))
            st.button("Skip the guess", key="skip", icon=SKIP, on_click=skip, args=(one,))
            return
        components.job_button(
            "Commit and measure", job, key="commit", type="primary", icon=LOCK, on_click=commit, args=(one,)
        )
        held = bool(jobs.held(job))
        st.button("Skip the guess", key="skip", icon=SKIP, on_click=skip, args=(one,), disabled=held)


def _words(form: Choice | Order) -> dict[str, str]:
    """The answers as labels show them, by their names."""
    return {name: components.literal(words) for name, words in form.answers.items()}


def _key(name: str) -> str:
    """Of the widget that holds the guess; of a number's field, see `_number`."""
    return f"guess of {name}{_turn(name, 'slid')}"


def _slide(name: str) -> str:
    return f"slide of {name}{_turn(name, 'typed')}"


def _turn(name: str, what: str) -> str:
    """How often it was slid, or typed; empty where it never was."""
    return str(st.session_state.get(f"{what} {name}", ""))


def _count(name: str, what: str) -> None:
    st.session_state[f"{what} {name}"] = st.session_state.get(f"{what} {name}", 0) + 1


def said(one: Lesson) -> str:
    """What the form says now, as it is stored; empty where it says nothing yet."""
    given = st.session_state.get(_key(one.name))
    return ",".join(given) if isinstance(given, list) else str(given or "")


def commit(one: Lesson) -> None:
    """Commit what the form says: a button's callback."""
    given = said(one)
    fault = _fault(one, given)
    st.session_state[FAULT] = ((one.name, given), fault)
    if not fault:
        tries.commit(one.name, given)


def _fault(one: Lesson, given: str) -> str:
    """Why this is no guess yet, in a sentence; empty where it is one."""
    if not given.strip():
        return NOTHING
    try:
        one.form.read(given)
    except BadInput as wrong:
        return ALL if isinstance(one.form, Order) else str(wrong)
    return ""


def skip(one: Lesson) -> None:
    """Measure without a guess: a button's callback."""
    tries.commit(one.name, "")


# -- a number ------------------------------------------------------------------------------------------------


def scale(form: Number) -> list[float]:
    """The numbers that the slider offers."""
    first, last = math.floor(math.log10(form.low)), math.ceil(math.log10(form.high))
    steps = [float(f"{step * 10.0**power:.3g}") for power in range(first, last + 1) for step in STEPS]
    return [form.low, *(step for step in steps if form.low < step < form.high), form.high]


def _number(name: str, form: Number) -> None:
    """A slider on a log scale and a field; each follows the other.

    The one that follows is made anew, under another key: until it is drawn the browser goes on sending what the
    old one held, and a commit right after a change would take that for the guess.
    """
    steps, typed, slide = scale(form), _key(name), _slide(name)
    st.session_state.setdefault(slide, steps[len(steps) // 2])
    field, beside = st.columns(WIDTHS, vertical_alignment="bottom")
    field.text_input(
        f"Your guess ({form.unit})",
        key=typed,
        placeholder=f"{_short(form.low)} to {_short(form.high)}",
        on_change=_typed,
        args=(name, typed, form),
    )
    beside.select_slider(
        "or slide, on a log scale",
        steps,
        format_func=_short,
        key=slide,
        on_change=_slid,
        args=(name, slide),
    )


def _short(number: float) -> str:
    return f"{number:,.12g}"


def _slid(name: str, slide: str) -> None:
    """Write into the field what the slider `slide` says, unless it is an old one."""
    if slide != _slide(name):
        return
    value = st.session_state[slide]
    _count(name, "slid")
    st.session_state[_key(name)] = f"{value:.12g}"


def _typed(name: str, typed: str, form: Number) -> None:
    """Move the slider to the step that is nearest to what the field `typed` says, where that is a guess."""
    if typed != _key(name):
        return
    try:
        value = form.read(st.session_state[typed])
    except BadInput:
        return
    _count(name, "typed")
    st.session_state[_slide(name)] = min(scale(form), key=lambda step: abs(math.log(step / value)))


# -- an order ------------------------------------------------------------------------------------------------


def _order(name: str, form: Order) -> None:
    """One button an answer; the order in which they are pressed is the guess."""
    words = _words(form)
    chosen = st.pills(
        "Press them in order, the greatest first",
        list(words),
        default=None,
        selection_mode="multi",
        format_func=words.__getitem__,
        key=_key(name),
        wrap=True,
    )
    places = [f"{place}. {words[one]}" for place, one in enumerate(chosen, 1)]
    missing = len(form.answers) - len(places)
    st.markdown("\n".join([*places, f"\n*{missing} to go*" if missing else ""]))
