"""`accel ...`: the command line. One answer on standard output, everything else on standard error.

Exit status: 0 done, 1 a fault, 2 bad input, 130 stopped by Ctrl-C, 141 the reader of the output went away.
Whatever goes wrong is told in one sentence; ACCEL_TRACEBACK=1 shows where an unexpected fault came from.
"""

from __future__ import annotations

import errno
import logging
import os
import sys
from collections.abc import Sequence

from accel_core.cli.arguments import parse
from accel_core.errors import AccelError, JobCancelled, listening

__all__ = ["main"]

INTERRUPTED = 130
"""128 + SIGINT, as a shell reports it."""
MOST_OF_A_FAULT = 300
"""Letters of what an unexpected error says: it may repeat all that was given."""
BROKEN_PIPE = 141
"""128 + SIGPIPE, as a shell reports it."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command (`sys.argv` without its first word by default) and return its exit status."""
    _never_fail_on_a_letter()
    _keep_logs_to_themselves()
    try:
        with listening(_warn):
            return _answer(sys.argv[1:], alone=True) if argv is None else _answer(argv)
    except (KeyboardInterrupt, JobCancelled):
        return _complain("Stopped from the keyboard; results that were stored before are kept.", INTERRUPTED)
    except AccelError as error:
        return _complain(str(error), error.exit_status)
    except Exception as error:
        if os.environ.get("ACCEL_TRACEBACK"):
            raise
        fault = f"{type(error).__name__}: {error}"[:MOST_OF_A_FAULT].rstrip(". :")
        return _complain(f"Something went wrong inside accel ({fault}); ACCEL_TRACEBACK=1 shows where.", 1)


def _answer(argv: Sequence[str], alone: bool = False) -> int:
    """`alone`: this process runs nothing else, so that its environment is ours."""
    options = parse(argv)
    if alone and options.command != "doctor":  # which looks at them
        _stay_unbound()
    from accel_core.cli import commands  # only now: `accel --help` and a typing mistake need none of it
    from accel_core.cli.jobs import warn_of_pretence
    from accel_core.cli.output import json_text

    answer = commands.COMMANDS[options.command](options)
    warn_of_pretence()
    return _print(json_text(answer.data) if options.json else answer.text)


def _warn(sentence: str) -> None:
    from accel_core.cli.output import Progress

    Progress().warn(sentence)


def _stay_unbound() -> None:
    """Drop what would bind this process to one processor; its jobs would inherit that.

    BLAS built with OpenMP binds the thread that loads it: https://github.com/OpenMathLib/OpenBLAS/issues/4653
    """
    from accel_core.machine.thread_settings import BINDINGS

    for name in BINDINGS:
        os.environ.pop(name, None)


def _print(text: str) -> int:
    """Print the answer and return the exit status; `accel machine | head -1` is no fault."""
    try:
        print(text, flush=True)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.EINVAL):  # Windows says EINVAL of a closed pipe
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor is the flush at exit
        return BROKEN_PIPE
    return 0


def _complain(sentence: str, status: int) -> int:
    """Print `sentence` as one line on standard error and return `status`."""
    print("accel:", " ".join(sentence.split()), file=sys.stderr, flush=True)
    return status


def _keep_logs_to_themselves() -> None:
    """The sentence is for the reader; a crashed worker's log is for who asks for tracebacks."""
    if not os.environ.get("ACCEL_TRACEBACK"):
        logging.getLogger("accel_core").addHandler(logging.NullHandler())


def _never_fail_on_a_letter() -> None:
    """Print `?` for a letter that the terminal's encoding lacks (the µ of µs), where Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
