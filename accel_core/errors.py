"""The errors and warnings this project raises on purpose: each message is one sentence for the reader."""

from __future__ import annotations


class AccelError(Exception):
    """Something this project can explain; the message is one sentence for the reader.

    The command line prints the message and exits with `exit_status`; a page shows it where it happened.
    """

    exit_status = 1


class BadInput(AccelError, ValueError):
    """What was given cannot be used: says what was given, what is allowed, what to do next."""

    exit_status = 2


class AccelWarning(UserWarning):
    """Something that the reader should know and that stops nothing; the message is one sentence.

    Python shows it in a notebook or script; the command line, a job and a page show the sentence alone.
    """


class StoreUnavailable(AccelError):
    """Records cannot be read or written (no permission, disk full, corrupt, or made by a newer version)."""


class WrongResult(AccelError):
    """A kernel's result differs from the reference, so it is not timed."""


class JobFailed(AccelError):
    """The worker process ended without finishing its job: killed, out of memory, crashed or over its limit."""


class JobCancelled(AccelError):
    """The job was cancelled by the one who asked for it."""
