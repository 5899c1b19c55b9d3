"""Pieces that two pages use: the head of a page, its button, and the labels that say whose result is shown."""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Literal

import streamlit as st

from accel_core.errors import AccelError
from accel_core.machine.overrides import overridden, overrides
from accel_core.model import Measurement
from accel_core.readings.rungs import held_back_text
from accel_core.studies.record import Record
from accel_core.units import format_duration
from app.catalogue import page
from app.session import cached, jobs, settings

LOG = logging.getLogger("accel_explorer")
WITHOUT_SETTINGS = "?"
"""The address of the same page without its settings, as a link says it."""


@contextmanager
def guard() -> Iterator[None]:
    """Turn any error of a page into one sentence on it; the traceback goes to the server's log.

    A fault of ours comes with a way out: a reload would only ask for the same settings again.
    """
    try:
        yield
    except AccelError as fault:
        st.error(str(fault))
    except Exception as fault:
        LOG.exception("A page failed")
        st.error(
            f"This page met a fault of its own ({type(fault).__name__}); the server's log has the details for "
            "a report. Its usual settings most likely work."
        )
        st.link_button("Open this page with its usual settings", WITHOUT_SETTINGS)


def header(name: str, first: str) -> None:
    """The question of the page called `name`, and what to try first."""
    st.title(page(name).question, anchor=False)
    with st.container(key="secondary-header"):  # a lecture hall does without it (`style.LARGE`)
        st.caption(first)
    if cached.has_pool() and page(name).measures:
        _whose_host()


def _whose_host() -> None:
    """Whose machine the page shows, where that is a host of a pool."""
    from app.session import hosts

    with settings.place():
        if said := hosts.whose():
            st.caption(f":material/dns: {literal(said)}")


def measure_button(label: str, job: Mapping[str, Any], *, empty: str = "") -> None:
    """The page's primary button; `empty` says why there is nothing to do."""
    job_button(label, job, key="measure", empty=empty, type="primary", width="stretch")


def job_button(
    label: str,
    job: Mapping[str, Any],
    *,
    key: str,
    icon: str = ":material/play_arrow:",
    help: str | None = None,
    empty: str = "",
    type: Literal["primary", "secondary"] = "secondary",
    width: Literal["stretch", "content"] = "content",
    on_click: Callable[..., None] | None = None,
    args: tuple[Any, ...] = (),
) -> None:
    """A button that starts `job`, or has `on_click` start it, with the time that it will take.

    Where it cannot be started it is disabled, and its help says why; else that says what is compiled first.
    Nothing is promised of what a pretend host can never start.
    """
    why_not = empty or jobs.held(job)
    promise = None if jobs.impossible(job) else jobs.promise(job)
    if promise is not None:
        label = f"{label} (about {format_duration(promise.total_s)})"
        if promise.compile_s >= 1:
            first = f"About {format_duration(promise.compile_s)} of this go to compiling, the first time only."
            help = f"{help} {first}" if help else first
    st.button(
        label,
        key=key,
        type=type,
        icon=icon,
        width=width,
        disabled=bool(why_not),
        help=why_not or help,
        on_click=on_click or jobs.start,
        args=args if on_click else (job,),
    )


def held_back(measurements: Sequence[Measurement]) -> None:
    """One line where a library was kept from choosing its own kernels when what is shown was measured."""
    if text := held_back_text(measurements):
        st.caption(f":orange[:material/warning:] {text}")


def library_notice() -> None:
    """One line where the server's environment keeps a library from choosing its own kernels."""
    if cached.has_pool():  # another host has an environment of its own
        return
    if text := overridden(overrides(os.environ), cached.environment().blas):
        st.caption(f":orange[:material/warning:] {text} They may not be its fastest: see `accel doctor`.")


def sample_label(record: Record) -> None:
    """Say that this is another machine's record, where it is, and how to get one's own, where that can be."""
    if record.sample:
        said = f"Sample: another machine ({record.machine.cpu}), measured {day(_created(record))}."
        whose = "the host's" if cached.has_pool() else "yours"
        offer = "" if cached.machine().pretended else f" The button above replaces it with {whose}."
        st.info(said + offer, icon=":material/science:")


def _created(record: Record) -> str:
    if record.peaks is not None:
        return record.peaks.created
    return record.measurements[0].created if record.measurements else ""


def whose(record: Record, stale: bool, settings: str) -> str:
    """The label inside a grey picture, sample or earlier result; empty where it answers the settings."""
    if record.sample:
        return f"Sample: another machine ({record.machine.cpu})"
    return f"Earlier result: {settings}" if stale else ""


WORDS = {
    "working set": "the bytes that a program touches again. While a cache holds them, it is that fast.",
    "latency": "how long one load takes: felt where each address depends on what was loaded before.",
    "bandwidth": "how many bytes arrive each second where many loads are under way at once.",
    "FMA": "fused multiply-add, a × b + c in one instruction: 2 FLOP for each lane of a vector register.",
    "FLOP": "one addition or multiplication of floating-point numbers. FLOP/s: how many are done each second.",
    "block": "the side of the square tiles into which a matrix is cut, so that a cache can hold what is used.",
    "panel": "a part of a matrix, copied so that what is read next lies next in memory.",
    "register tile": "the part of c, mr rows and nr columns, that is summed in vector registers.",
    "arithmetic intensity": "FLOP done for each byte moved to or from memory. For kernels the bytes are the "
    "least that any of them must move, so it belongs to the problem.",
    "roof": "the most that the machine was measured to do: flat for computing, a slope for each memory level.",
    "ridge point": "where a slope meets the flat roof. Left of it memory is the limit, right of it computing.",
}


def words(*names: str) -> None:
    """What the words on a page mean, on demand."""
    with (
        st.container(key="secondary-words"),
        st.popover("What the words mean", icon=":material/dictionary:"),
    ):
        st.markdown("\n".join(f"- **{name}**: {WORDS[name]}" for name in names))


def day(created: str) -> str:
    """An ISO 8601 moment as `20 Nov 2026`; "at an unknown time" where it is none."""
    try:
        return f"{datetime.fromisoformat(created):%d %b %Y}".lstrip("0")
    except ValueError:
        return "at an unknown time"


def metric(label: str, value: str, below: str | None = None, *, help: str | None = None) -> None:
    """A number, its name above and what it is held against below; a row of them wraps and cuts none."""
    st.metric(label, value, below, delta_color="off", delta_arrow="off", width="content", help=help)


MARKDOWN = re.compile(r"([\\`*_$\[\]<~])")


def literal(text: str) -> str:
    """`text` so that Markdown shows it as it is: `x*x*x` is no emphasis."""
    return MARKDOWN.sub(r"\\\1", text)


def literal_but_bold(text: str) -> str:
    """`text` with its bold parts, and nothing else that Markdown would read."""
    return "**".join(literal(piece) for piece in text.split("**"))


def link(name: str, label: str, settings: Mapping[str, str]) -> None:
    """A link to the page called `name` with these settings; its {title} may stand in `label`."""
    to = page(name)
    icon = f":material/{to.icon}:"
    st.page_link(to.path, label=label.format(title=to.title), icon=icon, query_params=dict(settings))


def reading(*said: str) -> None:
    """What this reader's numbers say, under the figure; several texts are a list, empty ones left out."""
    told = [text for text in said if text]
    if told:
        st.markdown("\n".join(f"- {text}" for text in told) if len(told) > 1 else told[0])
