"""The progress of this session's job, as pages show it: how far it is, Cancel, and how it ended."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NoReturn

import streamlit as st

from accel_core.model import Measurement
from accel_core.units import format_rate
from app.session import cached, crowd, jobs, settings

if TYPE_CHECKING:
    from accel_core.runner import Job

SHORT_POLL_S, POLL_S, QUIET_POLL_S = 0.5, 1.0, 2.0
"""How often a page asks for the progress of a short job, of a longer one, and of one on all processors. Asking
costs the server some hundredths of a second and the browser a tenth or two."""
PER_PLACE_S, FAR_POLL_S = 0.3, 30.0
"""Of a job that waits: for each one that goes first, less than the shortest takes, and at most."""
SHORT_S = 10.0
REDRAW_S = 1.0
"""A page is drawn again for new results at most this often, where server and browser have a processor each."""
CRAMPED_REDRAW_S = 30.0
"""And where they share the only one that is not measured: drawing takes the two half a second side by side."""
CANCELLED = "Cancelled. What was measured before that is kept."


def draw() -> None:
    """Progress and Cancel while a job of this session is active, and how the last one ended."""
    with settings.place():
        _draw()


def _draw() -> None:
    if fault := st.session_state.get("job fault"):
        st.error(fault)
    job = jobs.current()
    if job is None:
        _draw_of_other()
        return
    if job.state in jobs.ACTIVE:
        watch: jobs.Watch = st.session_state["watch"]
        watch.drawn, watch.drawn_at = len(job.results), time.monotonic()
        st.query_params["job"] = job.id  # another page's address begins without it
        st.fragment(_progress, run_every=poll_s(job))()
        return
    if st.session_state["watch"].holds:  # it ended while the page was drawn, and nothing waits for its end
        st.session_state["watch"].holds = False
        _draw_again()
    st.query_params.pop("job", None)
    for warning in dict.fromkeys(job.warnings):
        st.warning(warning)
    if job.unstored:
        _offer(job)
    if job.state == "failed":
        st.error(job.error or "The measurement ended without a result; try it again.")
    elif job.state == "cancelled":
        st.info(CANCELLED if job.cancel_requested else job.error)


def _draw_of_other() -> None:
    """The progress of somebody else's job, without Cancel; that it has ended is said once."""
    job = jobs.looked_on()
    if job is None:
        return
    if job.state in jobs.ACTIVE:
        st.fragment(_progress_of_other, run_every=poll_s(job))()
        return
    st.query_params.pop("job", None)
    st.info("The measurement that this address showed has ended.")


def _progress_of_other() -> None:
    job = jobs.looked_on()
    if job is None or job.state not in jobs.ACTIVE:
        _draw_again()
    crowd.ask_again_in(poll_s(job))
    st.progress(fraction(job), text=f"You are watching somebody else's measurement. {sentence(job)}")


def _offer(job: Job) -> None:
    """A file of what the store did not take, in the form in which the store takes it in."""
    from accel_core.store import entries_json

    st.download_button(
        "Download what was not stored",
        entries_json(job.unstored),
        "accel-unsaved.json",
        "application/json",
        key="unstored",
        on_click="ignore",
        icon=":material/download:",
    )


def poll_s(job: Job) -> float:
    """How often a page asks how far `job` is; its end is seen no later than that.

    One that waits far back is asked for seldom: 500 tabs that all asked once a second would take the server's
    processor, and none of them would see anything new.
    """
    often_s = SHORT_POLL_S if job.promise is not None and job.promise.total_s < SHORT_S else POLL_S
    if not _free_processors(job):
        often_s = QUIET_POLL_S
    if job.state != "queued":
        return often_s
    return max(often_s, min(job.place * PER_PLACE_S, FAR_POLL_S))


def may_draw(job: Job, watch: jobs.Watch, now_s: float) -> bool:
    """Whether new results are worth drawing the page again while `job` goes on."""
    free = _free_processors(job)
    rest_s = REDRAW_S if free >= 2 else CRAMPED_REDRAW_S
    return len(job.results) > watch.drawn and free > 0 and now_s - watch.drawn_at > rest_s


def _free_processors(job: Job) -> int:
    """How many processors `job` leaves alone; on 0, whoever looks on disturbs what is measured."""
    from accel_core.runner.kinds import threads_of

    return max(cached.machine().cores.allowed - threads_of(job.data), 0)


def _progress() -> None:
    """One line with the step, the time and Cancel; draws the page again when there is something new."""
    job = jobs.current()
    if job is None or job.state not in jobs.ACTIVE:
        _draw_again()
    watch: jobs.Watch = st.session_state["watch"]
    if may_draw(job, watch, time.monotonic()):
        _draw_again()
    crowd.ask_again_in(poll_s(job))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.progress(fraction(job), text=sentence(job) + _unseen(job, watch))
        st.button("Cancel", key="cancel", icon=":material/cancel:", on_click=job.cancel)


def _draw_again() -> NoReturn:
    """Run the page anew, with what was stored since."""
    cached.forget_stored()
    st.rerun()


def fraction(job: Job) -> float:
    """How much of `job` is done, from 0 to 1."""
    progress = job.progress
    if job.state == "queued":
        return 0.0
    if progress.expected_s is not None and progress.elapsed_s + progress.expected_s > 0:
        return min(max(progress.elapsed_s / (progress.elapsed_s + progress.expected_s), 0.0), 1.0)
    return min(max(progress.done / progress.total, 0.0), 1.0) if progress.total else 0.0


def _counted(kind: str | None, done: int, total: int) -> str:
    """ "Step 3 of 7"; roofs are sampled in turns, so of them those that are done are counted."""
    if kind == "peaks":
        return f"{done} of {total} roofs and points"
    return f"Step {min(done + 1, total)} of {total}"


def sentence(job: Job) -> str:
    """What happens now: the queue place, or the step with its number, elapsed and expected time."""
    progress = job.progress
    if job.state == "queued":
        ahead = job.place
        if not ahead:
            return "Starting: the worker process comes up."
        others = "1 other job is" if ahead == 1 else f"{ahead} other jobs are"
        return (
            f"Waiting: {others} ahead of this one {'in the pool' if cached.has_pool() else 'on this computer'}."
        )
    parts = [progress.step or "Starting"]
    if progress.total:
        parts.insert(0, _counted(job.data.get("kind"), progress.done, progress.total))
    if job.host:
        parts.insert(0, job.host)
    text = ": ".join(parts) + f" · {progress.elapsed_s:.0f} s elapsed"
    if progress.expected_s:
        text += f", about {max(progress.expected_s, 1):.0f} s to go"
    return text


def _unseen(job: Job, watch: jobs.Watch) -> str:
    """The newest speed that the page below does not show yet: said, since to draw it would disturb the next."""
    new = [result for result in job.results[watch.drawn :] if isinstance(result, Measurement)]
    if not new:
        return ""
    kernel = new[-1].rung
    return f" · newest: {kernel} {format_rate(new[-1].flop_per_s, 'FLOP/s')}"
