"""Settings that live in the URL: what each may be, and what happens to a link that asks for something else.

A setting's key is its name in the URL and its widget's key, the same on every page, so that pages share it.
Widgets write and read the URL themselves (`bind="query-params"`); what a link asks for is checked here first,
because a widget drops a value that it does not know without a word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from accel_core.errors import nearest

Value = str | int | float
NOTES = "link notes"
LISTED = 12
"""Options that a sentence names; of more it says how many."""
TYPO = 0.8
"""Spellings at least so alike (difflib's ratio) are taken for the same word."""


@dataclass(frozen=True)
class Choice:
    """One of `options`; whole or decimal numbers in rising order, or words."""

    key: str
    label: str
    options: tuple[Value, ...]
    default: Value
    help: str | None = None

    def admit(self, given: Sequence[str]) -> tuple[list[str], str | None]:
        """What the URL should say for `given`, and a sentence where that is something else."""
        text = given[-1].strip()
        if text in map(str, self.options):
            return [text], None
        kept = str(_nearest(text, self.options, self.default))
        return [kept], f"The link asks for {self.key}={short(text)}: {self._allowed()}; shown is {kept}."

    def _allowed(self) -> str:
        if len(self.options) == 1:
            return f"here it can only be {self.options[0]}"
        if isinstance(self.options[0], str):
            return f"it can be {' or '.join(map(str, self.options))}"
        return f"it can be one of {', '.join(map(str, self.options))}"


@dataclass(frozen=True)
class Several:
    """Any of `options`; an empty default stands for all of them."""

    key: str
    label: str
    options: tuple[str, ...]
    default: tuple[str, ...]
    help: str | None = None

    def admit(self, given: Sequence[str]) -> tuple[list[str], str | None]:
        """The known ones of `given`, each unknown one replaced by the nearest name, and a sentence about it."""
        unknown = [name for name in given if name not in self.options]
        if not unknown:
            return list(given), None
        meant = [near for name in given if (near := nearest(name, self.options, TYPO))]
        kept = list(dict.fromkeys(meant)) or list(self.default)
        return kept, (
            f"The link asks for {self.key}={short(', '.join(unknown))}: it can be any of "
            f"{_listed(self.options)}; shown is {_listed(kept) or 'all'}."
        )


@dataclass(frozen=True)
class Number:
    """Any number from `low` to `high`; `whole` says whether it is an integer."""

    key: str
    label: str
    low: float
    high: float
    default: float
    whole: bool = False
    help: str | None = None

    def admit(self, given: Sequence[str]) -> tuple[list[str], str | None]:
        """What the URL should say for `given`, and a sentence where that is something else."""
        text = given[-1].strip()
        number = _number(text)
        kept = self.default if number is None else min(max(number, self.low), self.high)
        kept = round(kept) if self.whole else kept
        if number == kept:
            return [text], None
        return [f"{kept:.15g}"], (
            f"The link asks for {self.key}={short(text)}: it can be {self.low:g} to {self.high:g}; "
            f"shown is {kept:g}."
        )


Setting = Choice | Several | Number


def _listed(options: Sequence[str]) -> str:
    more = len(options) - LISTED
    return ", ".join(options) if more <= 1 else f"{', '.join(options[:LISTED])} and {more} more"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None


def _nearest(text: str, options: Sequence[Value], default: Value) -> Value:
    """The option closest to `text`: by number, by spelling, else the default."""
    if isinstance(options[0], str):
        return nearest(text, map(str, options), TYPO) or default
    number = _number(text)
    if number is None:
        return default
    number = min(max(number, float(options[0])), float(options[-1]))
    return min(options, key=lambda option: abs(float(option) - number))


def short(text: str) -> str:
    """`text` fit to stand in a sentence: at most 40 characters, nothing that Markdown would read."""
    plain = "".join(c if c.isalnum() or c in " .,:+-_/" else "?" for c in text)
    return plain if len(plain) <= 40 else f"{plain[:39]}…"


def admit(*settings: Setting) -> None:
    """Check what the URL asks for before any widget reads it; says in one sentence what was replaced.

    Reruns once where a value was replaced, so that the widgets read the corrected URL.
    """
    notes = []
    for setting in settings:
        if setting.key in st.session_state or not (given := st.query_params.get_all(setting.key)):
            continue
        kept, note = setting.admit(given)
        if note is not None:
            if kept:
                st.query_params[setting.key] = kept
            else:
                del st.query_params[setting.key]
            notes.append(note)
    if notes:
        st.session_state[NOTES] = notes
        st.rerun()
    with place():
        for note in st.session_state.pop(NOTES, ()):
            st.warning(note, icon=":material/link_off:")


def place() -> DeltaGenerator:
    """A container for what comes and goes above widgets; it is there even when empty.

    Where the number of elements above a column changes, Streamlit takes the column's widgets for new ones, and
    from then on they no longer write into the URL.
    """
    return st.container()


# -- widgets -------------------------------------------------------------------------------------------------


def fit(setting: Choice) -> None:
    """Where the kept value is none of the options any more (another workload has others), take the nearest."""
    kept = st.session_state.get(setting.key, setting.default)
    if kept is not None and kept not in setting.options:
        st.session_state[setting.key] = _nearest(str(kept), setting.options, setting.default)


def _bound(setting: Setting) -> dict[str, Any]:
    """What all widgets of a setting have: its key, its help, and their value in the URL."""
    return {"key": setting.key, "help": setting.help, "bind": "query-params"}


def slider(setting: Choice, *, swept: bool = False) -> Value:
    """A slider over listed numbers; disabled where there is only one, and while it is `swept`."""
    fit(setting)
    help = f"The sweep varies it: every value is tried. {setting.help}" if swept else setting.help
    if len(setting.options) == 1:
        st.text_input(setting.label, str(setting.options[0]), disabled=True, help=help)
        return setting.options[0]
    bound = _bound(setting) | {"help": help}
    return _one(
        setting, st.select_slider(setting.label, setting.options, setting.default, disabled=swept, **bound)
    )


def segments(setting: Choice) -> Value:
    """A few words side by side, on several lines where there is no room; one of them chosen."""
    fit(setting)
    chosen = st.segmented_control(
        setting.label, setting.options, default=setting.default, required=True, wrap=True, **_bound(setting)
    )
    return _one(setting, chosen)


def _one(setting: Choice, chosen: object) -> Value:
    """What was chosen; the default where a forged message says nothing, or several."""
    return next((option for option in setting.options if option == chosen), setting.default)


def select(setting: Choice, *, disabled: bool = False) -> Value:
    """A list that opens, one of it chosen; `disabled` where it changes nothing."""
    fit(setting)
    at = setting.options.index(setting.default)
    return _one(setting, st.selectbox(setting.label, setting.options, at, disabled=disabled, **_bound(setting)))


def several(setting: Several) -> tuple[str, ...]:
    """Any of a list; where nothing is chosen the default, and all where the default is nothing."""
    layout = {"placeholder": "All", "wrap": True, **_bound(setting)}
    chosen = st.multiselect(setting.label, setting.options, list(setting.default), **layout)
    return tuple(name for name in setting.options if name in chosen) or setting.default or setting.options


def number(setting: Number) -> float:
    """A number to type."""
    cast = int if setting.whole else float
    low, high, default = map(cast, (setting.low, setting.high, setting.default))
    typed = st.number_input(setting.label, low, high, default, **_bound(setting))
    return typed if typed is not None and setting.low <= typed <= setting.high else setting.default


def switch(setting: Choice) -> bool:
    """On or off; the setting's options are "true" and "false"."""
    return st.toggle(setting.label, setting.default == "true", **_bound(setting))


# -- the settings that pages share -----------------------------------------------------------------------

DTYPE = Choice(
    "dtype",
    "Number type",
    ("float32", "float64"),
    "float32",
    "float32 numbers are half as large: twice as many fit in a vector register and in a cache.",
)
BUDGET = Choice(
    "budget",
    "Time per rung (s)",
    (0.5, 1, 2, 5, 10),
    1,
    "Samples are taken for at least half of this time, and then until the 95 % interval of the median is "
    "within 1 % or the time is over.",
)


def threads(allowed: int) -> Choice:
    """1, 2, 4, ... and all of the `allowed` cores."""
    counts = sorted({2**i for i in range(allowed.bit_length()) if 2**i <= allowed} | {allowed})
    return Choice("threads", "Threads", tuple(counts), 1, "Cores that a kernel may use at once.")


def size(sizes: Sequence[int], default: int, means: str) -> Choice:
    """The size of a workload; `means` says what the number is."""
    return Choice("size", "Size N", tuple(sizes), default, f"N is the {means}.")


def block(choices: Sequence[int], default: int) -> Choice:
    """The side of a tile."""
    return Choice(
        "block",
        "Block",
        tuple(choices),
        default,
        "Side of the square tiles, for kernels that work tile by tile; larger than N means one tile.",
    )
