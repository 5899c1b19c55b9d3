"""Tries of lessons: a guess that is stored before its run begins, the run, and the answer that it brought.

A session finds its try again through the job in its address, as it finds the job. A page that sees the end of
the job stores the answer; where no page does, the guess stays without one.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from accel_core.errors import StoreUnavailable
from accel_core.lessons import Run
from accel_core.lessons import lesson as named
from accel_core.lessons.keeping import answer_now, guess_now, keep
from accel_core.model import Refusal
from accel_core.model.answers import Answer, Guess
from accel_core.studies.lessons import Found, found
from app.session import cached, jobs

TRIES, ANEW = "lesson tries", "lessons anew"
MOST = 1_000
"""Tries that a server remembers; an answer is in the store anyhow."""


@dataclass(eq=False)
class Try:
    """One run of a lesson, or its answer where nothing needs to be run."""

    lesson: str
    guess: Guess
    job: str = ""
    """The id of its job; empty where there is none."""
    found: Found | None = None
    fault: str = ""
    """Why the run brought no answer."""
    unstored: list[str] = field(default_factory=list)
    """What the store did not take, a sentence each."""
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def runs(self) -> bool:
        """Whether its job waits or runs."""
        return bool(self.job) and self.found is None and not self.fault


def commit(lesson: str, said: str) -> None:
    """Store a guess (empty where none is made), then start what answers it: a button's callback."""
    if (running := of(lesson)) is not None and running.runs:
        return
    guess = guess_now(lesson, said)
    unstored = _kept(guess)
    measure(guess)
    if unstored:
        _mine()[lesson].unstored.append(unstored)


def measure(guess: Guess) -> None:
    """Start the run that answers a guess which was made: a button's callback.

    Where the runner refuses it, the guess stays, and the page says why.
    """
    one, machine = named(guess.lesson), cached.machine()
    made = Try(guess.lesson, guess)
    if (job := one.job(machine)) is None:
        _finish(made, ())
    else:
        jobs.start(job)
        if fault := st.session_state.get("job fault"):
            made.fault = fault
        else:
            made.job = st.session_state["watch"].id
            known = cached.tries()
            known[made.job] = made
            for old in list(known)[:-MOST]:
                known.pop(old, None)
    _mine()[guess.lesson] = made
    st.session_state.get(ANEW, set()).discard(guess.lesson)


def again(lesson: str) -> None:
    """Ask for a new guess though there is an answer: a button's callback."""
    _mine().pop(lesson, None)
    st.session_state.setdefault(ANEW, set()).add(lesson)


def is_anew(lesson: str) -> bool:
    """Whether a new guess was asked for."""
    return lesson in st.session_state.get(ANEW, ())


def of(lesson: str) -> Try | None:
    """This session's newest try of a lesson."""
    return _mine().get(lesson)


def is_measured_now(guess: Guess) -> bool:
    """Whether another tab waits for the run that answers a guess."""
    return any(one.guess.id == guess.id and one.runs for one in list(cached.tries().values()))


def follow() -> None:
    """Take over what this session's job has brought, once it has ended."""
    job = jobs.current()
    made: Try | None = cached.tries().get(job.id) if job is not None else None
    if job is None or made is None:
        return
    if made.runs and job.state not in jobs.ACTIVE:
        if job.state == "done":
            _finish(made, job.results)
        else:
            made.fault = "The run was cancelled." if job.state == "cancelled" else "The run failed."
    if not is_anew(made.lesson):
        _mine().setdefault(made.lesson, made)


def _finish(made: Try, results: Any) -> None:
    """Make the answer of what a job brought and store it, once however many tabs see the end."""
    with made.lock:
        if made.found is not None or made.fault:
            return
        refused = next((result for result in results if isinstance(result, Refusal)), None)
        one = named(made.lesson)
        answer = answer_now(made.lesson, made.guess, Run(cached.machine(), list(results)))
        made.found = found(one, answer) if refused is None else None
        if made.found is None:
            made.fault = refused.reason if refused else "The run did not bring what the lesson asks for."
            return
        if unstored := _kept(answer):
            made.unstored.append(unstored)


def _kept(record: Guess | Answer) -> str:
    """Store one; the sentence that says so where it was not stored."""
    try:
        return keep(cached.store(), record, cached.machine())
    except StoreUnavailable as fault:
        return str(fault)
    finally:
        cached.forget_answered()


def _mine() -> dict[str, Try]:
    return st.session_state.setdefault(TRIES, {})
