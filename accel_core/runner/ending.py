"""How a job can end badly, each way in one sentence: what happened and what to do next."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from typing import Any

from accel_core import errors
from accel_core.errors import AccelError, JobCancelled, JobFailed
from accel_core.units import format_bytes, format_time

SMALLER = "choose a smaller size or close other programs, then run again"
OUT_OF_MEMORY = f"The benchmark ran out of memory: {SMALLER}."
_SIGNALS = {
    "SIGKILL": f"was killed, most often because memory ran out: {SMALLER}",
    "SIGSEGV": "crashed in compiled code (it touched memory that is not its own): run it again, and report the "
    "kernel and its settings if it happens again",
    "SIGILL": "used an instruction that this processor lacks: choose another kernel, and report this one",
    "SIGFPE": "crashed in an arithmetic instruction of compiled code: choose another size, and report this one",
    "SIGABRT": "was ended by one of its libraries: run it again, and report it if it happens again",
    "SIGTERM": "was ended from outside: run it again",
}
_SIGNALS["SIGBUS"] = _SIGNALS["SIGSEGV"]
_WINDOWS = {
    0xC0000005: "SIGSEGV",  # STATUS_ACCESS_VIOLATION
    0xC000001D: "SIGILL",  # STATUS_ILLEGAL_INSTRUCTION
    0xC0000094: "SIGFPE",  # STATUS_INTEGER_DIVIDE_BY_ZERO
    0xC0000017: "SIGKILL",  # STATUS_NO_MEMORY
    0xC0000409: "SIGABRT",  # STATUS_STACK_BUFFER_OVERRUN, which abort() raises
}


def cancelled() -> JobCancelled:
    """The end of a job that was cancelled by the one who asked for it."""
    return JobCancelled("The job was cancelled; what it had measured before is kept.")


def unattended(after_s: float) -> JobCancelled:
    """The end of a queued job whose page has been closed for `after_s` seconds."""
    return JobCancelled(
        f"The page that asked for this measurement was closed for {format_time(after_s)} before its turn came, "
        "so it left the queue: start it again."
    )


def over_time(limit_s: float) -> JobFailed:
    """The end of a job that ran past its time limit."""
    return JobFailed(
        f"The job took longer than its time limit of {format_time(limit_s)} and was ended: choose a smaller "
        "size or fewer cases; what it had measured before is kept."
    )


def over_memory(used_bytes: int, limit_bytes: int) -> JobFailed:
    """The end of a job that took more memory than it may."""
    return JobFailed(
        f"The job used {format_bytes(used_bytes)}, more than its memory limit of {format_bytes(limit_bytes)}, "
        f"and was ended: {SMALLER}."
    )


def died(returncode: int, last_words: str) -> JobFailed:
    """The worker's process ended by itself before its job did; `last_words` is the end of its error output."""
    name = _signal_name(returncode)
    if name in _SIGNALS:
        return JobFailed(f"The benchmark's process {_SIGNALS[name]}.")
    how = f"signal {name}" if name else f"exit status {returncode}"
    lines = last_words.strip().splitlines()
    said = f" after saying {lines[-1].strip()[:200]!r}" if lines else ""
    return JobFailed(
        f"The benchmark's process ended early with {how}{said}: run it again, and report it if that happens "
        "again."
    )


def reported(event: Mapping[str, Any]) -> AccelError:
    """The error in a worker's "failed" event: of its own class where this project raised it on purpose."""
    kind = getattr(errors, str(event.get("kind")), JobFailed)
    known = isinstance(kind, type) and issubclass(kind, AccelError)
    return (kind if known else JobFailed)(
        str(event.get("message") or "The benchmark failed without a message.")
    )


def failed_event(error: BaseException, detail: str) -> dict[str, Any]:
    """The worker's last event for `error`: one sentence for the reader, the traceback apart for a log."""
    event = {"event": "failed", "kind": type(error).__name__, "detail": detail}
    if isinstance(error, AccelError):
        return {**event, "message": str(error)}
    if isinstance(error, MemoryError):
        return {**event, "message": OUT_OF_MEMORY}
    said = " ".join(str(error).split())[:200]
    what = f"{type(error).__name__} ({said})" if said else type(error).__name__
    return {
        **event,
        "message": f"The benchmark failed with {what}: run it again, and report it if that happens again.",
    }


def unexpected(error: Exception) -> JobFailed:
    """The runner itself failed, in the process that submitted."""
    said = " ".join(str(error).split())[:200]
    return JobFailed(f"The job could not be run because of {type(error).__name__} ({said}): run it again.")


def _signal_name(returncode: int) -> str:
    if returncode & 0xFFFFFFFF in _WINDOWS:
        return _WINDOWS[returncode & 0xFFFFFFFF]
    if returncode >= 0:
        return ""
    try:
        return signal.Signals(-returncode).name
    except ValueError:
        return str(-returncode)
