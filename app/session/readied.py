"""Jobs that are compiled while somebody thinks about them; whoever starts another does not wait for that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from functools import partial
from typing import Any

from app.session import cached
from app.session.simulating import Emit, Request, TooMany

COMPILER = "the compiler"
"""Who asks for machine code in the name of no session."""
_asked: dict[str, Request] = {}


def get_ready(job: Mapping[str, Any]) -> None:
    """Have a job compiled, once however many tabs show it."""
    key = _key(job)
    request = _asked.get(key)
    if request is None or request.wait(0):
        with suppress(TooMany):
            _asked[key] = cached.long_simulator().ask(f"{COMPILER}: {key}", COMPILER, partial(_compile, job))


def let_go(job: Mapping[str, Any]) -> None:
    """Compile nothing more that is not for this job, which starts: it would have to wait."""
    key = _key(job)
    for asked, request in list(_asked.items()):
        if asked != key:
            request.give_up()


def _key(job: Mapping[str, Any]) -> str:
    return json.dumps(job, sort_keys=True)


def _compile(job: Mapping[str, Any], emit: Emit) -> None:
    from accel_core.runner import readying

    readying.compile_elsewhere(job, lambda: emit({"done": 0, "total": 1}))
    cached.forget_stored()  # what was promised counted the compiler in
