"""Tabs without a browser that hand in more than may wait: tests/faults/waiting_sessions.py in short."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from recorded_hosts import ON_THIS
from servers import REPOSITORY, serve
from visitor import APP

sys.path.append(str(REPOSITORY / "tests" / "faults"))

from session import Session
from waiting_sessions import hand_in, host_taken, until_waiting, waiting

pytestmark = ON_THIS


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no flock")
def test_one_job_more_than_may_wait_is_refused_in_a_sentence(tmp_path: Path):
    with ExitStack() as stack:
        stack.enter_context(host_taken(tmp_path))
        url = stack.enter_context(serve(APP, tmp_path, ACCEL_WAITING_PER_ADDRESS="2"))
        tabs = [stack.enter_context(Session(url)) for _ in range(3)]
        said = [hand_in(tab).errors for tab in tabs]
        until_waiting(tmp_path, 2)
        assert [len(errors) for errors in said] == [0, 0, 1]
        assert said[2][0].startswith("Your network address has 2 measurements waiting, the most that may")
        assert waiting(tmp_path) == 2
