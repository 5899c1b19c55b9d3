"""Submissions from text to verdict: what is right is timed, what is wrong or not allowed gets its sentence."""

from __future__ import annotations

import sys

import pytest

if sys.platform == "win32":
    pytest.skip("children that are stopped and resumed need POSIX signals", allow_module_level=True)

import judged
import walls

from accel_core.model import Verdict
from accel_core.model.arena import STAGES
from accel_core.runner import submitting as runner


@pytest.mark.parametrize("walled", walls.KINDS)
def test_a_job_of_the_runner_gives_a_verdict_with_times(walled: bool) -> None:
    walls.require(walled)
    events: list[dict[str, object]] = []
    job = {"kind": "arena", "event": judged.event(baselines=("matmul/numpy",)).to_dict(), "code": judged.LOOPS}
    [verdict] = runner.run({**job, "tried": True, "walled": walled}, "somebody", on_event=events.append)
    assert isinstance(verdict, Verdict)
    assert (verdict.verdict, verdict.stage, verdict.walled) == ("accepted", "times", walled), verdict.reason
    assert verdict.null_s is not None and verdict.null_s > 0
    for size, shape in zip(verdict.sizes, judged.event().shapes, strict=True):
        assert size.shape == shape and not size.drawn
        assert size.time_s is not None and size.series is not None
        assert len(size.series.took_ns()) == size.time_s.n
        assert size.max_error is not None and size.max_error <= 1
        took_s = [1e-9 * one for one in size.series.took_ns()]
        assert len(took_s) == 3 and not size.baselines  # there is little time for a trial
        assert (size.time_s.low, size.time_s.high) == pytest.approx((min(took_s), max(took_s)))
    steps = [str(event["name"]).split()[0] for event in events if event["event"] == "step"]
    assert list(dict.fromkeys(steps)) == list(STAGES)


HEAD = "\ndef matmul(a, b, out):\n    for i in range"
TEAM = f"import numba\n@numba.njit(parallel=True){HEAD.replace('range', 'numba.prange')}"
ODD = "class Odd:\n    __code__ = 1\nmatmul = Odd()\ndef other("
BEFORE = {
    "table": "import numpy as np\ntable = np.zeros(300_000, np.float32)",
    "plain(": "def plain(i):\n    return 0",
}
"""What stands above the function where it uses one of these."""
STORE = "out[i, j] = total"
REFUSED = {
    "a wrong result": ((STORE, "out[i, j] = total + 1"), "It gives a wrong result at size 2 x 3 x 4"),
    "an entry left out": ((STORE, f"if i + j > 0: {STORE}"), "1 of 8 entries of out are not numbers"),
    "nothing written": ((STORE, "pass"), "It wrote nothing into out"),
    "infinity": ((STORE, "out[i, j] = 1e300"), "It gives infinity"),
    "inputs overwritten": ((STORE, f"{STORE}; a[i, 0] = 0"), "It wrote to its inputs"),
    "an index too large": ((STORE, "out[i + (1 << 20), j + (1 << 20)] = 0"), "outside of its arrays"),
    "past the end of out": ((STORE, f"{STORE}; out[i, j + out.size] = 0"), "It wrote past the end of out"),
    "an error": (
        ("total = a", "if i == 1: raise ValueError('row one')\n            total = a"),
        "ValueError: row one",
    ),
    "no function": (("def matmul", "def product"), "It defines no function matmul"),
    "another signature": (("(a, b, out)", "(a, b)"), "matmul takes 2 arguments"),
    "a returned value": ((STORE, f"{STORE}\n    return 1.0"), "matmul returns a value"),
    "no Python": (("matmul(", "matmul(("), "Line 2 is no Python"),
    "an unknown name": (("= total", "= unheard_of(total)"), "name 'unheard_of' is not defined (line 8)"),
    "a failing import": (("\ndef", "import nowhere_to_be_found\ndef"), "ModuleNotFoundError: No module named"),
    "Python while it runs": ((STORE, f"{STORE}; print(i)"), "It calls Python while it runs"),
    "threads": ((HEAD, TEAM), "It starts threads"),
    "no function but an object": (("\ndef matmul(", ODD), "It defines no function matmul"),
    "a function that is not compiled": (
        (STORE, f"{STORE} + plain(i)"),
        "plain is plain Python: put @njit above",
    ),
    "a large table": ((STORE, f"{STORE} + table[i]"), "global array of more than 1 MB"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_wrong_or_not_allowed_gets_its_sentence(what: str) -> None:
    (old, new), says = REFUSED[what]
    before = next((text for name, text in BEFORE.items() if name in new), "")
    verdict = judged.tried(before + judged.LOOPS.replace(old, new))
    assert verdict.verdict == "refused" and says in verdict.reason, verdict.reason
    assert verdict.score is None
    assert verdict.reason.endswith(".") and "\n" not in verdict.reason
