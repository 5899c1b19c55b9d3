"""Which lesson the address names, and how all of them stand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import streamlit as st

from accel_core import lessons
from accel_core.errors import StoreUnavailable, nearest
from accel_core.lessons import Lesson
from accel_core.studies.lessons import Standing
from app.parts import components
from app.session import cached, settings, tries

PAGE, KEY = "lessons", "lesson"
Kind = Literal["primary", "secondary", "tertiary"]


@dataclass(frozen=True)
class Name(settings.Choice):
    """The name of a lesson; without one the page shows all of them."""

    def admit(self, given: Sequence[str]) -> tuple[list[str], str | None]:
        """The name, or the nearest; none, which shows them all, where nothing is near."""
        name = given[-1].strip()
        if name in self.options:
            return [name], None
        near = nearest(name, map(str, self.options), settings.TYPO)
        asked = f"The link asks for {self.key}={settings.short(name)}"
        if near is None:
            return [], f"{asked}, and there is no lesson of that name: shown are all."
        return [near], f"{asked}: shown is {near}."


def setting() -> Name:
    """What the address may say."""
    names = tuple(one.name for one in lessons.LESSONS)
    return Name(KEY, "Lesson", names, names[0])


def chosen() -> Lesson | None:
    """The lesson that the address names; None where it names none."""
    name = st.query_params.get(KEY)
    return next((one for one in lessons.LESSONS if one.name == name), None)


def open_lesson(name: str) -> None:
    """Show a lesson; all of them where `name` is empty: a button's callback."""
    if name:
        st.query_params[KEY] = name
    else:
        st.query_params.pop(KEY, None)


def button(one: Lesson, label: str, icon: str, *, key: str, type: Kind = "secondary") -> None:
    """A button that shows a lesson. A link to the page that is open would leave the address as it is."""
    label, icon = components.literal(label), f":material/{icon}:"
    st.button(label, key=key, type=type, icon=icon, on_click=open_lesson, args=(one.name,))


def known() -> Mapping[str, Standing]:
    """By name, how each lesson stands by the store and by what this session found."""
    try:
        stored = cached.answered()
    except StoreUnavailable:  # the page has said so
        stored = {one.name: Standing(one) for one in lessons.LESSONS}
    return {name: _with_own(stands) for name, stands in stored.items()}


def _with_own(stands: Standing) -> Standing:
    made = tries.of(stands.lesson.name)
    if made is None or made.found is None:
        return stands
    return Standing(stands.lesson, made.found)


def topic(one: Lesson) -> tuple[str, tuple[Lesson, ...]]:
    """The topic of a lesson, and all lessons of it."""
    return next((title, together) for title, together in lessons.TOPICS.items() if one in together)


def following(one: Lesson, standings: Mapping[str, Standing]) -> Lesson | None:
    """The next lesson without an answer, from there on and then from the first; None where all have one."""
    at = lessons.LESSONS.index(one)
    others = (*lessons.LESSONS[at + 1 :], *lessons.LESSONS[:at])
    return next((other for other in others if standings[other.name].found is None), None)
