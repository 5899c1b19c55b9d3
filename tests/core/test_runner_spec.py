"""What may be submitted: everything else is refused in one sentence, before anything is queued."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core import runner
from accel_core.errors import BadInput
from accel_core.machine import detect
from accel_core.model import Case, Comparison, Cores, Machine, Measurement
from accel_core.runner.kinds import KINDS, JobKind, threads_of
from accel_core.runner.spec import MAX_TIME_S, Spec, check, memory_now_bytes
from accel_core.runner.tickets import open_queue
from accel_core.store import Store

MACHINE: Machine = replace(detect(), cores=Cores(physical=4, logical=4, allowed=4, cpus_allowed=(0, 1, 2, 3)))
CASE = {"kernel": "matmul/numpy", "size": 16}
OTHER = {"kernel": "matmul/compiled_ikj", "size": 16}


def bench(**more: Any) -> dict[str, Any]:
    return {"kind": "bench", "cases": [CASE], **more}


def peaks(**more: Any) -> dict[str, Any]:
    return {"kind": "peaks", **more}


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
def test_every_kind_has_a_file_of_its_name_that_tells_each_of_its_keys(kind: JobKind) -> None:
    module = import_module(f"accel_core.runner.kinds.{kind.name}")
    assert module.KIND is kind
    assert all(f"`{key}`" in str(module.__doc__) for key in kind.keys)


def test_cases_get_their_defaults() -> None:
    spec = check(bench(), MACHINE)
    (case,) = spec.data["cases"]
    assert (spec.kind, case["dtype"], case["threads"]) == ("bench", "float32", 1)
    assert (spec.data["budget_s"], spec.data["limit_s"]) == (2.0, 10.0)


def test_peaks_mean_all_of_them() -> None:
    data = check(peaks(), MACHINE).data
    assert (data["dtypes"], data["threads"]) == (["float32", "float64"], [1, 4])
    assert check(peaks(threads=[4, 1, 4]), MACHINE).data["threads"] == [1, 4]


def test_the_most_threads_of_a_job_decide_how_many_processors_it_gets() -> None:
    two = {**CASE, "threads": 2}
    assert threads_of(check(bench(), MACHINE).data) == 1
    assert threads_of(check(bench(cases=[CASE, two]), MACHINE).data) == 2
    assert threads_of(check({"kind": "compare", "pairs": [[CASE, two]]}, MACHINE).data) == 2
    assert threads_of(check(peaks(), MACHINE).data) == 4


def test_the_time_limit_follows_from_the_budget_unless_another_is_asked_for() -> None:
    assert check(bench(budget_s=9), MACHINE).time_limit_s == check(bench(), MACHINE).time_limit_s + 7
    assert check(bench(time_limit_s=5), MACHINE).time_limit_s == 5
    assert check(bench(cases=[CASE] * 500), MACHINE).time_limit_s == MAX_TIME_S


def test_no_job_may_take_more_memory_than_is_free() -> None:
    unlimited = memory_now_bytes(Spec("bench", {}, 1.0))
    assert memory_now_bytes(Spec("bench", {}, 1.0, memory_limit_bytes=1000)) == 1000
    assert memory_now_bytes(Spec("bench", {}, 1.0, memory_limit_bytes=1 << 60)) <= 1.5 * unlimited < 1 << 50


@pytest.mark.parametrize(
    ("job", "says"),
    [
        (None, "None"),
        ({}, "kind"),
        ({"kind": "dance"}, "'dance'"),
        ({"kind": ["bench"]}, "kind"),
        (bench(colour=1), "'colour'"),
        (bench(cases=[]), "cases"),
        (bench(cases="all"), "'all'"),
        (bench(cases=[CASE] * 501), "500"),
        (bench(cases=[7]), "7"),
        (bench(cases=[{"size": 7}]), "kernel"),
        (bench(cases=[{**CASE, "kernel": "matmul/nunpy"}]), "matmul/numpy"),
        (bench(cases=[{**CASE, "size": 0}]), "size"),
        (bench(cases=[{**CASE, "size": -1}]), "size"),
        (bench(cases=[{**CASE, "size": 10**5000}]), "size"),
        (bench(cases=[{**CASE, "size": "big"}]), "size"),
        (bench(cases=[{**CASE, "threads": 5}]), "threads"),
        (bench(cases=[{**CASE, "parameters": "block"}]), "parameters"),
        (bench(cases=[{**CASE, "parameters": {"block": float("nan")}}]), "block"),
        (bench(cases=[{**CASE, "shape": 7}]), "shape"),
        (bench(budget_s=float("nan")), "nan"),
        (bench(budget_s=0), "budget_s"),
        (bench(budget_s="2"), "'2'"),
        (bench(budget_s=True), "True"),
        (bench(budget_s=10**5000), "thousands of digits"),
        (bench(limit_s=float("inf")), "limit_s"),
        (bench(time_limit_s=1e9), "3600"),
        (bench(memory_limit_bytes=0), "memory_limit_bytes"),
        (bench(memory_limit_bytes=1.5), "1.5"),
        ({"kind": "compare", "pairs": [[CASE]]}, "two cases"),
        ({"kind": "compare", "cases": [CASE]}, "'cases'"),
        (peaks(dtypes=["float16"]), "float16"),
        (peaks(threads=[5]), "1 to 4"),
        (peaks(threads=[1.0]), "1.0"),
        (peaks(threads=[True]), "True"),
    ],
)
def test_a_job_that_cannot_be_run_is_refused_at_once(job: Any, says: str) -> None:
    with pytest.raises(BadInput) as refused:
        runner.submit(job, "nobody", machine=MACHINE)
    message = str(refused.value)
    assert says in message and message.endswith(".") and len(message) < 400
    assert runner.latest("nobody") is None


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from(["cases", "pairs", "dtypes", "threads", "budget_s", "limit_s", "memory_limit_bytes"])


@given(st.sampled_from(sorted(KINDS)), st.dictionaries(KEYS, ANYTHING, max_size=4))
def test_whatever_is_submitted_is_checked_or_refused_but_never_a_crash(kind: str, more: dict[str, Any]) -> None:
    try:
        spec = check({"kind": kind, **more}, MACHINE)
    except BadInput:
        return
    assert 0 < spec.time_limit_s <= MAX_TIME_S


# -- real jobs, end to end -----------------------------------------------------------------------------------


# -- one entry anywhere in a job is not what it should be ----------------------------------------------------

TRAVERSAL = {"shape": [8, 8, 8], "order": "ikj", "block": [4, 4, 4], "layout": "row", "pad": 0}
LEVEL = {"size_bytes": 1024, "ways": 4, "line_bytes": 64}
FULL: dict[str, dict[str, Any]] = {
    "bench": {
        "cases": [{**CASE, "dtype": "float64", "threads": 1, "parameters": {}, "shape": [4, 5, 6]}],
        "limit_s": 1,
    },
    "compare": {"pairs": [[{**CASE, "parameters": {"block": 8}, "kernel": "matmul/compiled_tiled"}, OTHER]]},
    "peaks": {"dtypes": ["float32"], "threads": [1]},
    "calibrate": {"operations": ["add"], "dtypes": ["float32"], "lengths": [[64]]},
    "trial": {"names": ["cold", "denormal"]},
    "simulate": {"traversals": [TRAVERSAL], "caches": [LEVEL], "classify": True, "reuse": False},
}
LIMITS = {"budget_s": 1.0, "time_limit_s": 5, "memory_limit_bytes": 1 << 30}
HUGE = 10**5000
"""More digits than Python writes: https://docs.python.org/3/library/stdtypes.html (int-max-str-digits)."""
STRANGE: list[Any] = [
    HUGE, -HUGE, [HUGE], {"a": HUGE}, "9" * 5000, "x" * 5000, ["y" * 5000], [], {}, [[]], [{}], set(),
    {"z": []}, None, True, 0, -1, 1e308, float("nan"), float("inf"), b"bytes", "\ud800", "a\nb", (1,), object(),
]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path to each entry, at any depth."""
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(p for key, inner in entries for p in places(inner, (*path, key)))]


def with_one(value: Any, path: tuple[Any, ...], strange: Any) -> Any:
    """`value` with another entry at `path`."""
    if not path:
        return strange
    copied = dict(value) if isinstance(value, dict) else list(value)
    copied[path[0]] = with_one(value[path[0]], path[1:], strange)
    return copied


@pytest.mark.parametrize("kind", FULL)
def test_one_strange_entry_anywhere_is_checked_or_refused_in_a_sentence_that_is_read_in_one_breath(
    kind: str,
) -> None:
    job = {"kind": kind, **FULL[kind], **LIMITS}
    assert check(job, MACHINE).kind == kind
    refused = 0
    for path in places(job):
        for strange in STRANGE:
            try:
                check(with_one(job, path, strange), MACHINE)
            except BadInput as fault:
                refused += 1
                assert len(str(fault)) < 700 and "\n" not in str(fault), (path, str(fault))
    assert refused > 10 * len(LIMITS)


def test_more_than_is_to_be_repeated_is_cut() -> None:
    with pytest.raises(BadInput, match=r"kind is 'x{76}\.\.\.: use one of"):
        check({"kind": "x" * 5000}, MACHINE)
    with pytest.raises(BadInput, match="kind is a number of thousands of digits"):
        check({"kind": HUGE}, MACHINE)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ACCEL_QUEUE", str(tmp_path))
    monkeypatch.delenv("ACCEL_STORE_URL", raising=False)
    return tmp_path


def test_a_real_kernel_is_measured_and_stored_under_this_machine(home: Path) -> None:
    results = runner.run(bench(budget_s=0.05), "me")
    (measured,) = results
    assert isinstance(measured, Measurement) and measured.verified and measured.kernel == "matmul/numpy"
    assert [stored.id for stored in Store().measurements(detect().fingerprint)] == [measured.id]


def test_real_kernels_are_compared(home: Path) -> None:
    job = {"kind": "compare", "pairs": [[CASE, OTHER]], "budget_s": 0.05}
    (compared,) = runner.run(job, "me", store=Store())
    assert isinstance(compared, Comparison) and (compared.a, compared.b) == (CASE["kernel"], OTHER["kernel"])


def test_a_job_waits_while_a_command_in_the_same_account_has_its_turn(home: Path) -> None:
    queue = open_queue()
    theirs = queue.enter("another")
    assert queue.take_turn(theirs)
    job = runner.submit(bench(budget_s=0.05), "me")
    while job.place != 1:
        assert not job.wait(0.01)
    assert job.state == "queued"
    queue.leave(theirs)
    assert job.wait(60) and job.state == "done"


def test_cases_of_two_problems_take_turns_where_each_has_another_beside_it() -> None:
    small, large = CASE, {**CASE, "size": CASE["size"] * 2}
    assert check(bench(cases=[small, large, small, large], in_turns=True), MACHINE).data["in_turns"]
    with pytest.raises(BadInput, match="one problem"):
        check(bench(cases=[small, large, small], in_turns=True), MACHINE)


def test_turns_of_two_problems_count_as_one_job(monkeypatch: pytest.MonkeyPatch) -> None:
    def ran(cases: list[Case], machine: object, *, emit: Any, budget_s: float, **more: Any) -> list[object]:
        for done in range(len(cases) + 1):
            emit({"event": "step", "done": done, "total": len(cases) + 1, "expected_s": budget_s * len(cases)})
        return []

    monkeypatch.setattr("accel_core.bench.run_in_turns", ran)
    small, large = CASE, {**CASE, "size": CASE["size"] * 2}
    heard: list[dict[str, Any]] = []
    data = check(bench(cases=[small, small, large, large, large], in_turns=True, budget_s=1.0), MACHINE).data
    KINDS["bench"].run(data, MACHINE, heard.append)
    assert [(e["done"], e["total"]) for e in heard] == [(n, 7) for n in range(7)]
    assert [e["expected_s"] for e in heard] == [5.0] * 3 + [3.0] * 4
