"""Many tabs of one address that each hand in a job and leave: how many wait, and for how long after that.

    python tests/faults/waiting_sessions.py [--sessions 120]

Nothing is measured: a process of "another account" has this host's turn, so all that is handed in waits. The
door lets 128 tabs of one address in.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlencode

from streamlit.proto.BackMsg_pb2 import BackMsg

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(Path(__file__).parent), str(TESTS / "browser")]

from servers import serve  # noqa: E402
from session import Answer, Session  # noqa: E402

HOLDER = "from accel_core import host_lock; assert host_lock.take_turn(); print(1, flush=True); input()"
QUERY = {"size": "64", "budget": "0.5"}
PATIENCE_S = 120.0


@contextmanager
def host_taken(home: Path) -> Iterator[None]:
    """Somebody else has the turn of the host whose lock lies in `home`."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=TESTS.parent,
        env={**os.environ, "ACCEL_HOST_LOCK": str(home)},
    )
    try:
        assert holder.stdout is not None and holder.stdout.readline()
        yield
    finally:
        holder.kill()
        holder.communicate()


def hand_in(tab: Session) -> Answer:
    """Open the Ladder and press its button."""
    widgets = tab.visit("ladder", QUERY).widgets
    message = BackMsg()
    message.rerun_script.page_name = "ladder"
    message.rerun_script.query_string = urlencode(QUERY)
    state = message.rerun_script.widget_states.widgets.add()
    (state.id,) = {widget for widget in widgets if widget.endswith("-measure")}
    state.trigger_value = True
    return tab.send(message.SerializeToString())


def waiting(home: Path) -> int:
    """The tickets in the queue below `home`."""
    return len(list((home / "queue").rglob("*.json")))


def until_waiting(home: Path, jobs: int) -> float:
    """Seconds until so many wait; PATIENCE_S where they never do."""
    began = time.monotonic()
    while waiting(home) != jobs and time.monotonic() < began + PATIENCE_S:
        time.sleep(0.1)
    return time.monotonic() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--sessions", type=int, default=120)
    given = parser.parse_args()
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.enter_context(host_taken(home))
        url = stack.enter_context(serve(TESTS.parent / "app" / "main.py", home))
        with ExitStack() as tabs:
            answers = [hand_in(tabs.enter_context(Session(url))) for _ in range(given.sessions)]
            said = Counter(error for answer in answers for error in answer.errors)
            until_waiting(home, given.sessions - said.total())
            print(f"{waiting(home)} jobs of {given.sessions} sessions of one address wait while these are open")
            for sentence, times in said.items():
                print(f"{times} times: {sentence}")
        took_s = until_waiting(home, 0)
        print(f"{waiting(home)} jobs wait {took_s:.1f} s after all have left")


if __name__ == "__main__":
    main()
