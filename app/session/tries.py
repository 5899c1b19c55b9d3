"""Tries of lessons: a guess that is stored before its run begins, the run, and the answer that it brought.

A session finds its try again through the job in its address, as it finds the job. The next page Lessons of any
session stores what a job brought that has ended; where the server stops before that, the guess stays without
an answer.
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
    if _is_made(lesson):
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
    if _is_made(guess.lesson):
        return
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


def _is_made(lesson: str) -> bool:
    """Whether a try runs or has its answer: a double click presses twice before the page is drawn anew."""
    made = of(lesson)
    return made is not None and not made.fault


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
    """Take over what jobs have brought that ended, and find this session's try again."""
    for made in list(cached.tries().values()):
        if made.runs:
            _end(made)
    job = jobs.current()
    own: Try | None = cached.tries().get(job.id) if job is not None else None
    if own is not None and not is_anew(own.lesson):
        _mine().setdefault(own.lesson, own)


def _end(made: Try) -> None:
    """Finish a try whose job has ended, whichever session began it: its tab may be closed by now."""
    from accel_core import runner

    job = runner.find(made.job)
    if job is not None and job.state in jobs.ACTIVE:
        return
    if job is not None and job.state == "done":
        _finish(made, job.results)
    else:
        cancelled = job is not None and job.state == "cancelled"
        made.fault = "The run was cancelled." if cancelled else "The run failed."


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
