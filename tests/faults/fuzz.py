"""Links, command lines, jobs and forged messages at random: none may end in a traceback.

    python tests/faults/fuzz.py [--seed 0] [--links 100] [--commands 100] [--jobs 100] [--messages 100]

Links run in this process under Streamlit's AppTest, command lines through the function `main`, jobs through the
check and the promise that pages ask for (nothing that is accepted is run, but for command lines of tiny cases).
Messages go to a server of its own. The table says how many were tried, how many ended in a traceback or in
"a fault of its own", and the longest answer; each failure is printed with what was given.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock

TESTS = Path(__file__).resolve().parents[1]
APP = TESTS.parent / "app"
sys.path[:0] = [str(TESTS / name) for name in ("faults", "browser", "core", "app")]

import forged  # noqa: E402
import hostile  # noqa: E402
from records_of import store_ladder, store_peaks, store_sweep  # noqa: E402
from streamlit.logger import set_log_level  # noqa: E402

from accel_core.errors import quoted  # noqa: E402
from app import catalogue  # noqa: E402
from app.session import settings  # noqa: E402

PAGES = tuple(page.name for page in catalogue.PAGES)
OWN_FAULT = "fault of its own"
REFUSED = "Error deserializing back message"
"""Streamlit closes the connection, and writes where it stood when it did so into its log."""
LONG = 1000
"""Characters of a sentence that nobody reads to its end."""
TIMEOUT_S = 120


@dataclass
class Row:
    """What came of one kind of input."""

    kind: str
    tried: int = 0
    longest_s: float = 0.0
    longest: str = ""
    failures: list[tuple[Any, str]] = field(default_factory=list)

    def note(self, given: Any, took_s: float, failure: str) -> None:
        self.tried += 1
        if took_s > self.longest_s:
            self.longest_s, self.longest = took_s, quoted(given)
        if failure:
            self.failures.append((given, failure))


def tried(kind: str, number: int, draw: Callable[[], Any], answer: Callable[[Any], str]) -> Row:
    """`answer` gives what went wrong with one input, "" where nothing did."""
    row = Row(kind)
    for _ in range(number):
        given, began = draw(), time.perf_counter()
        try:
            failure = answer(given)
        except Exception as fault:
            failure = f"{type(fault).__name__}: {fault}"
        row.note(given, time.perf_counter() - began, failure)
    return row


# -- links ---------------------------------------------------------------------------------------------------


def links(pick: random.Random, number: int) -> Row:
    """Random settings on random pages, as links; the settings are those that the pages admit."""
    asked: dict[str, dict[str, settings.Setting]] = {page: {} for page in PAGES}
    page = PAGES[0]
    admit = settings.admit

    def noted(*found: settings.Setting) -> None:
        asked[page].update({setting.key: setting for setting in found})
        admit(*found)

    def draw() -> tuple[str, hostile.Link]:
        nonlocal page
        page = pick.choice(PAGES)
        return page, hostile.link(pick, asked[page])

    store_peaks()
    store_ladder()
    store_sweep()
    with mock.patch.object(settings, "admit", noted):
        for page in PAGES:
            said = opened((page, {}))
            assert not said, said
        return tried("links", number, draw, opened)


def opened(given: tuple[str, hostile.Link]) -> str:
    """What is wrong with a page under a link."""
    from streamlit.testing.v1 import AppTest

    page, link = given
    app = AppTest.from_file(str(APP / "main.py"), default_timeout=TIMEOUT_S)
    if page != "machine":
        app.switch_page(f"{page}/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    said = [f"{e.type}: {e.message}" for e in app.exception]
    said += [e.value for e in app.error if OWN_FAULT in e.value]
    said += [f"{len(e.value)} characters" for e in (*app.error, *app.warning) if len(e.value) > LONG]
    return "; ".join(said)


# -- command lines -------------------------------------------------------------------------------------------


class Accepted(BaseException):
    """A job that would have run."""


def commands(pick: random.Random, number: int) -> Row:
    return tried("command lines", number, lambda: hostile.command(pick), said)


def said(words: list[str]) -> str:
    """What is wrong with the answer to a command line."""
    from accel_core.cli import main

    out, errors, status = io.StringIO(), io.StringIO(), 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors), checked_only():
        try:
            status = main(words)
        except Accepted:
            return ""
        except SystemExit as left:  # --help and --version
            status = int(left.code or 0)
    sentence = errors.getvalue().strip()
    if status not in (0, 1, 2) or "Traceback" in sentence or "went wrong inside" in sentence:
        return f"status {status}: {sentence[-500:]}"
    if status and (not sentence or "\n" in sentence.rpartition("accel:")[2] or len(sentence) > LONG):
        return f"not a sentence: {sentence[:300]}"
    return ""


@contextlib.contextmanager
def checked_only() -> Iterator[None]:
    """Jobs of the command line are checked, and run only where they are tiny."""
    from accel_core import runner
    from accel_core.machine import detect
    from accel_core.runner.spec import check

    run = runner.run

    def instead(job: Any, owner: str, **more: Any) -> Any:
        data = check(job, detect()).data
        cases = data.get("cases", ())
        tiny = len(cases) == 1 and cases[0]["size"] <= 33 and data["budget_s"] <= 0.1
        if not tiny or cases[0]["kernel"] != "matmul/numpy":
            raise Accepted
        return run(job, owner, **more)

    with mock.patch.object(runner, "run", instead):
        yield


# -- jobs ----------------------------------------------------------------------------------------------------


def jobs(pick: random.Random, number: int) -> Row:
    from test_runner_spec import FULL, LIMITS

    sound = [{"kind": kind, **data, **LIMITS} for kind, data in FULL.items()]
    return tried("jobs", number, lambda: hostile.job(pick, sound), checked)


def checked(job: Any) -> str:
    """What is wrong with the check of a job; one that is accepted is promised a time, too."""
    from accel_core import runner
    from accel_core.errors import BadInput
    from accel_core.machine import detect
    from accel_core.runner.known import Known
    from accel_core.runner.promise import foresee
    from accel_core.runner.spec import MAX_TIME_S, check

    try:
        spec = check(job, detect())
    except BadInput as refusal:
        with contextlib.suppress(BadInput):
            runner.submit(job, "fuzz")
            return "submitted, though it is refused"
        sentence = str(refusal)
        return f"not a sentence: {sentence[:300]}" if "\n" in sentence or len(sentence) > LONG else ""
    promised_s = foresee(job, Known(detect())).total_s
    fine = 0 < spec.time_limit_s <= MAX_TIME_S and promised_s >= 0
    return "" if fine else f"limit {spec.time_limit_s} s, promised {promised_s} s"


# -- messages ------------------------------------------------------------------------------------------------


def messages(pick: random.Random, number: int) -> Row:
    """Forged messages to a live server; after each the same tab opens its page again, or a new one does.

    The server stands for a recorded host, on which no button can start a measurement.
    """
    from servers import serve
    from session import Session
    from websockets.exceptions import ConnectionClosed

    host = str(TESTS / "machines" / "linux-zen5-vm.json")
    with tempfile.TemporaryDirectory() as home, serve(APP / "main.py", Path(home), ACCEL_MACHINE=host) as url:
        log = Path(home) / "server.log"
        tab, page, ids, read = Session(url), PAGES[0], (), 0

        def draw() -> bytes:
            nonlocal tab, page, ids
            if pick.random() < 0.2 or not ids:
                tab.close()
                tab, page = Session(url), pick.choice(PAGES)
                ids = tab.visit("" if page == "machine" else page, timeout_s=TIMEOUT_S).widgets
            return forged.message(pick, "" if page == "machine" else page, ids)

        def answer(message: bytes) -> str:
            nonlocal ids, read
            try:
                tab.post(message)
                wrong = tab.visit("" if page == "machine" else page, timeout_s=TIMEOUT_S).errors
            except ConnectionClosed:
                ids, wrong = (), ()
            new = log.read_text(encoding="utf-8", errors="replace")[read:]
            read += len(new)
            found = [entry for entry in new.split("\n20") if "Traceback" in entry and REFUSED not in entry]
            if found:
                return found[0][-1500:]
            return "; ".join(one for one in wrong if OWN_FAULT in one)

        row = tried("messages", number, draw, answer)
        tab.close()
    return row


def written(given: Any) -> str:
    """`given` as Python writes it, with all its digits."""
    sys.set_int_max_str_digits(0)
    return f"{given!r:.2000}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    set_log_level("critical")  # AppTest runs without a server, and says so at each run
    parser.add_argument("--seed", type=int, default=0)
    kinds = {kind.__name__: kind for kind in (links, commands, jobs, messages)}
    for name in kinds:
        parser.add_argument(f"--{name}", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ.update(ACCEL_HOME=home, ACCEL_QUEUE=home)
        os.environ.pop("ACCEL_STORE_URL", None)
        os.chdir(home)
        rows = [
            kind(random.Random(f"{given.seed} {name}"), getattr(given, name))
            for name, kind in kinds.items()
            if getattr(given, name)
        ]
    for row in rows:
        for one, failure in row.failures:
            print(f"{row.kind}: {written(one)}\n    {failure}\n")
    print(f"{'kind':15}{'tried':>8}{'failed':>8}{'longest':>10}")
    for row in rows:
        print(f"{row.kind:15}{row.tried:8}{len(row.failures):8}{row.longest_s:8.2f} s  {row.longest}")
    return 1 if any(row.failures for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
