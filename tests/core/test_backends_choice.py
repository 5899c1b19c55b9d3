"""AutoBackend's choice: measured crossovers, what lies between them, the rule, and what is remembered."""

from __future__ import annotations

import copy
import dataclasses
import itertools
import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import accel_core
from accel_core.backends import AutoBackend, auto, calibrating, current
from accel_core.backends.calibrating import calibrate, call_of, make_operands
from accel_core.backends.chooser import Chooser, load_crossovers, shape_class
from accel_core.backends.crossovers import Crossovers
from accel_core.backends.sampling import HOPELESS, hold
from accel_core.bench.clocks import Clocks
from accel_core.cli import main
from accel_core.errors import BadInput
from accel_core.machine import CpuTimes, detect, environment
from accel_core.model import Blas, Environment, Estimate
from accel_core.operations import OPERATIONS
from accel_core.race import Calibration, Race
from accel_core.runner.kinds import threads_of
from accel_core.runner.spec import check
from accel_core.store import Store

THREADS = detect().cores.allowed


def race(lengths: Sequence[int], **times_s: float) -> Race:
    order = sorted(times_s.values())
    lead = Estimate(order[1] / order[0], None, None, 1) if len(order) > 1 else None
    return Race(tuple(lengths), {name: Estimate(t, None, None, 1) for name, t in times_s.items()}, lead)


def part(operation: str, races: Sequence[Race], layout: str = "C", dtype: str = "float32") -> Calibration:
    return Calibration(operation, dtype, layout, THREADS, tuple(races))


def chooser_of(*parts: Calibration) -> Chooser:
    return Chooser(lambda: (Crossovers(parts), THREADS))


def power_law(axes: Sequence[Sequence[int]], name_powers: dict[str, tuple[float, ...]]) -> list[Race]:
    """Races whose times are products of powers of the lengths."""
    return [
        race(
            lengths,
            **{
                name: 1e-9 * math.prod(length**power for length, power in zip(lengths, powers, strict=True))
                for name, powers in name_powers.items()
            },
        )
        for lengths in itertools.product(*axes)
    ]


# -- crossovers ----------------------------------------------------------------------------------------------


@given(st.tuples(*[st.floats(1, 2048)] * 2))
def test_a_power_of_the_lengths_is_met_exactly_between_them(lengths: tuple[float, float]) -> None:
    axes = OPERATIONS["softmax"].grid("C", lengths)
    assert axes is not None
    known = Crossovers([part("softmax", power_law(axes, {"numpy": (1.0, 0.5), "compiled": (0.3, 1.2)}))])
    times = known.near("softmax", "float32", "C", lengths)
    assert times is not None and times.source == "interpolated"
    assert times.times_s["numpy"] == pytest.approx(1e-9 * lengths[0] * lengths[1] ** 0.5)
    assert times.times_s["compiled"] == pytest.approx(1e-9 * lengths[0] ** 0.3 * lengths[1] ** 1.2)


def test_past_the_grid_the_nearest_shape_counts() -> None:
    known = Crossovers([part("gelu", [race((2**22,), numpy=2.0, compiled=1.0)])])
    times = known.near("gelu", "float32", "C", (2**30,))
    assert times is not None and times.source == "nearest" and times.times_s == {"numpy": 2.0, "compiled": 1.0}


def test_corners_that_were_not_measured_leave_their_weight_to_the_others() -> None:
    known = Crossovers([part("softmax", [race((8, 8), numpy=4e-6)])])
    times = known.near("softmax", "float32", "C", (16, 16))
    assert times is not None and times.times_s == {"numpy": pytest.approx(4e-6)}
    assert known.near("softmax", "float32", "C", (512, 512)) is None


def test_only_those_timed_at_every_corner_take_part() -> None:
    known = Crossovers([part("gelu", [race((1,), naive=1.0, numpy=2.0), race((2,), numpy=2.0)])])
    times = known.near("gelu", "float32", "C", (2**0.5,))
    assert times is not None and set(times.times_s) == {"numpy"}


def test_of_two_races_at_one_shape_the_later_counts() -> None:
    old, new = race((64,), numpy=1.0, compiled=2.0), race((64,), numpy=3.0, compiled=2.0)
    known = Crossovers([part("gelu", [old]), part("gelu", [new])])
    assert known.races("gelu", "float32") == (new,)
    choice = chooser_of(part("gelu", [old]), part("gelu", [new])).choose("gelu", (64,), "float32", "C")
    assert (choice.backend, choice.source, choice.margin) == ("compiled", "measured", 1.5)


def test_of_those_that_are_as_fast_the_plainest_is_taken() -> None:
    near = chooser_of(part("gelu", [race((64,), blocked=1.0, compiled=1.01, numpy=1.03)]))
    choice = near.choose("gelu", (64,), "float32", "C")
    assert choice.backend == "compiled"
    assert choice.because.endswith("blocked is as fast within 2 %, and compiled is asked first.")


def test_a_shape_off_the_grid_answers_for_itself_alone() -> None:
    chooser = chooser_of(part("gelu", [race((1000,), naive=1.0, numpy=2.0), race((1024,), numpy=1.0)]))
    assert chooser.choose("gelu", (1000,), "float32", "C").backend == "naive"
    assert chooser.choose("gelu", (1001,), "float32", "C").backend == "numpy"


def test_dtypes_and_layouts_do_not_answer_for_each_other() -> None:
    chooser = chooser_of(part("gelu", [race((64,), naive=1.0, numpy=2.0)]))
    assert chooser.choose("gelu", (64,), "float32", "C").backend == "naive"
    assert chooser.choose("gelu", (64,), "float64", "C").source == "rule"
    assert chooser.choose("gelu", (64,), "float32", "strided").source == "rule"


def test_a_batch_is_answered_by_batches_only() -> None:
    chooser = chooser_of(part("matmul", [race((1, 32, 32, 32), naive=1.0), race((4, 32, 32, 32), numpy=1.0)]))
    assert chooser.choose("matmul", (1, 32, 32, 32), "float32", "C").backend == "naive"
    batch = chooser.choose("matmul", (5, 30, 30, 30), "float32", "C")
    assert (batch.backend, batch.source) == ("numpy", "interpolated")


@given(st.integers(1, 2**40))
def test_a_shape_class_is_within_a_quarter_octave(length: int) -> None:
    (middle,) = shape_class((length,))
    assert abs(math.log2(middle / length)) <= 0.25 + 1e-9
    assert shape_class((0,)) == (0.0,)


def test_each_class_is_worked_out_once_and_the_store_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    loads, looks = [], []
    near = Crossovers.near
    monkeypatch.setattr(Crossovers, "near", lambda *words: looks.append(words) or near(*words))

    def load() -> tuple[Crossovers, int]:
        loads.append(1)
        return Crossovers([part("gelu", [race((64,), numpy=1.0)])]), THREADS

    chooser = Chooser(load)
    assert not loads
    for length in (100, 101, 102, 103):
        chooser.choose("gelu", (length,), "float32", "C")
    assert len(loads) == len(looks) == 1
    chooser.reload()
    chooser.choose("gelu", (100,), "float32", "C")
    assert len(loads) == len(looks) == 2


# -- the rule, and explain -----------------------------------------------------------------------------------


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("layout", ["C", "transposed", "strided"])
@pytest.mark.parametrize("length", [0, 1, 100, 10**7])
def test_the_rule_names_a_backend_that_there_is_and_says_why(operation: str, layout: str, length: int) -> None:
    choice = chooser_of().choose(
        operation, (length,) * len(OPERATIONS[operation].form.lengths), "float32", layout
    )
    assert choice.backend in accel_core.backend_names() and choice.source == "rule"
    assert choice.rule.endswith(".") and f"{choice.backend}, by rule: {choice.rule}" == choice.reason


def test_explain_says_what_and_why() -> None:
    choice = accel_core.explain("matmul", (512, 512, 512))
    assert choice.lengths == (1, 512, 512, 512) and choice.dtype == "float32"
    assert str(choice).startswith("matmul of 1 x 512 x 512 x 512 (batch, m, k, n), float32, C: ")
    assert json.loads(json.dumps(choice.to_dict()))["reason"] == choice.reason
    assert accel_core.explain("softmax", (2, 3, 5), np.float64).lengths == (6, 5)
    assert accel_core.explain("gelu", [2, 3]).lengths == (6,)


@pytest.mark.parametrize(
    ("times_s", "said"),
    [
        ({"numpy": 1.0, "compiled": 1.25}, "the next best, compiled, takes 25 % longer."),
        ({"numpy": 1.0, "compiled": 36.0}, "the next best, compiled, takes 36.0 times as long."),
        ({"numpy": 1.0}, "nothing else was timed."),
    ],
)
def test_a_measured_choice_tells_its_margin(times_s: dict[str, float], said: str) -> None:
    choice = chooser_of(part("gelu", [race((64,), **times_s)])).choose("gelu", (64,), "float32", "C")
    assert choice.reason.startswith("numpy, measured on this machine") and choice.reason.endswith(said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("conv", (3, 3)), "known operations"),
        (("matmul", (3, 3)), "m, k, n"),
        (("matmul", (3, 0, 3)), "1 or more"),
        (("gelu", ()), "1 or more"),
        (("gelu", ("a",)), "whole numbers"),
        (("gelu", 7), "whole numbers"),
        (("gelu", (10**400,)), "no array is so long"),
        (("gelu", (7,), "int8"), "float32 or float64"),
        (("gelu", (7,), "float32", "D"), "C, transposed, strided"),
    ],
)
def test_explain_refuses_in_one_sentence(words: tuple[Any, ...], said: str) -> None:
    with pytest.raises(BadInput, match=said):
        accel_core.explain(*words)


# -- AutoBackend ---------------------------------------------------------------------------------------------


class Recording(accel_core.NumpyBackend):
    """NumPy that writes down what reaches it."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.plain_matmul = self._told("matmul", np.matmul)  # type: ignore[method-assign]
        self.plain_matmuls = self._told("matmuls", np.matmul)  # type: ignore[method-assign]

    def _told(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def tell(*arrays: Any) -> Any:
            self.seen.append(name)
            return function(*arrays)

        return tell


@pytest.fixture
def recording(monkeypatch: pytest.MonkeyPatch) -> Recording:
    backend = Recording()
    monkeypatch.setattr(current, "_made", {**current._made, "numpy": backend})
    return backend


def test_auto_gives_a_call_to_the_one_that_was_measured_fastest(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[str] = []
    for name, candidate in calibrating.candidates().items():
        backend = copy.copy(candidate)
        monkeypatch.setattr(backend, "plain_gelu", lambda x, name=name: ran.append(name) or x)
        monkeypatch.setattr(current, "_made", {**current._made, name: backend})
    races = [race((4,), naive=1.0, numpy=2.0), race((4096,), numpy=2.0, compiled=1.0)]
    auto = AutoBackend(chooser_of(part("gelu", races)))
    for size in (4, 4, 4096, 4096):
        auto.gelu(np.ones(size, np.float32))
    assert ran == ["naive", "naive", "compiled", "compiled"]


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("layout", ["C", "transposed", "strided"])
def test_explain_asks_just_what_auto_asks(operation: str, layout: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []
    chooser = chooser_of()
    choose = chooser.choose
    chooser.choose = lambda *words: asked.append(words) or choose(*words)  # type: ignore[method-assign]
    auto = AutoBackend(chooser)
    monkeypatch.setattr(current, "_made", {**current._made, "auto": auto})
    x = np.ones((8, 16), np.float32)
    x = {"C": x[:, :8].copy(), "transposed": x[:, :8].copy().T, "strided": x[:, ::2]}[layout]
    auto.dispatch(operation, *[x] * (2 if operation in ("matmul", "add") else 1))
    accel_core.explain(operation, (8, 8, 8) if operation == "matmul" else (8, 8), "float32", layout)
    assert len(asked) == 2 and asked[0] == asked[1]


def test_auto_decides_once_for_each_kind_of_operands(recording: Recording) -> None:
    asked: list[Any] = []
    chooser = chooser_of()
    choose = chooser.choose
    chooser.choose = lambda *words: asked.append(words) or choose(*words)  # type: ignore[method-assign]
    auto = AutoBackend(chooser)
    a = np.ones((4, 4), np.float32)
    for _ in range(3):
        auto.matmul(a, a)
    assert asked == [("matmul", (1, 4, 4, 4), "float32", "C")] and recording.seen == ["matmul"] * 3
    auto.matmul(a, np.asfortranarray(np.ones((4, 4), np.float32) * a))
    auto.matmul(a.astype(float), a.astype(float))
    locked = a.copy()
    locked.setflags(write=False)
    auto.matmul(a, locked)
    assert [words[2:] for words in asked[1:]] == [("float32", "transposed"), ("float64", "C"), ("float32", "C")]
    auto.reload()
    auto.matmul(a, a)
    assert len(asked) == 5


def test_auto_checks_what_only_looks_like_what_it_knows() -> None:
    auto = AutoBackend(chooser_of())
    plain = np.array([[1.0, 2.0], [3.0, 4.0]]).view()
    auto.matmul(plain, plain)
    locked = plain.view(type("Mine", (np.ndarray,), {}))
    assert type(auto.matmul(locked, locked)) is np.ndarray
    with pytest.raises(BadInput, match="masked"):
        auto.gelu(np.ma.masked_array(plain))
    with pytest.raises(BadInput):
        auto.matmul(plain, plain.astype(complex))
    with pytest.raises(BadInput, match="eps"):
        auto.layer_norm(plain, eps=-1.0)
    auto.layer_norm(plain)
    for eps in (-1.0, math.nan, math.inf, True, "1", None):
        with pytest.raises(BadInput, match="eps"):
            auto.layer_norm(plain, eps=eps)  # type: ignore[arg-type]


def test_auto_does_not_grow_with_every_new_shape(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accel_core.backends.auto.MOST_REMEMBERED", 5)
    auto = AutoBackend(chooser_of())
    for size in range(1, 40):
        auto.gelu(np.ones(size))
    assert len(auto._gelu) <= 5


def test_auto_makes_one_product_of_a_batch_against_one_matrix(recording: Recording) -> None:
    auto = AutoBackend(chooser_of())
    a, b = np.random.default_rng(1).random((2, 3, 4)), np.ones((4, 5))
    assert np.allclose(auto.matmul(a, b), a @ b)
    assert recording.seen == ["matmul"]
    auto.matmul(a, np.ones((2, 4, 5)))
    assert recording.seen == ["matmul", "matmuls"]


def test_compiled_kernels_see_no_number_across_its_natural_address(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[np.ndarray] = []
    for name in ("matmul_packed", "matmul_packed_threads", "product"):
        monkeypatch.setattr(f"accel_core.backends.compiled.{name}", lambda *arrays: seen.extend(arrays[:2]))
    odd = np.zeros(8 * 18 + 1, np.uint8)[1:].view(np.float64).reshape(2, 3, 3)
    for threads in (False, True):
        backend = accel_core.CompiledBackend(threads)
        backend.plain_matmul(odd[0], odd[1])
        backend.plain_matmuls(odd, odd)
    assert len(seen) == 12 and all(array.flags.aligned for array in seen) and not odd.flags.aligned


def test_auto_turns_operands_that_run_backwards_around_first(monkeypatch: pytest.MonkeyPatch) -> None:
    strides: list[Any] = []
    backend = Recording()
    backend.plain_matmul = lambda a, b: strides.append((*a.strides, *b.strides)) or a @ b  # type: ignore
    monkeypatch.setattr(current, "_made", {**current._made, "numpy": backend})
    a = np.random.default_rng(1).random((6, 6))
    auto = AutoBackend(chooser_of())
    for view in (a[::-1], a[:, ::-1], a[::2, ::2].copy()[::-1, ::-1]):
        assert np.allclose(auto.matmul(view, view), view @ view)
        assert min(strides[-1]) > 0
    gaps = a[::2, ::2]
    auto.matmul(gaps, gaps)
    assert strides[-1] == gaps.strides * 2  # the library can walk these itself


# -- races ---------------------------------------------------------------------------------------------------


class Ticking:
    """Clocks that move only when a call says so."""

    def __init__(self) -> None:
        self.now = 0.0
        self.clocks = Clocks(lambda: self.now, lambda: self.now, lambda: CpuTimes(0.0, 0.0, 0.0, 0.0, 1))

    def taking(self, seconds: float) -> Callable[[], None]:
        def call() -> None:
            self.now += seconds

        return call


def test_a_race_times_all_in_turns_and_tells_the_ratio() -> None:
    time = Ticking()
    held = hold((8,), {"slow": time.taking(0.03), "fast": time.taking(0.02)}, 10.0, time.clocks)
    assert (held.winner, held.second, held.lengths) == ("fast", "slow", (8,))
    assert held.margin == pytest.approx(1.5) and held.lead is not None and held.lead.n >= 6
    assert held.lead.median == pytest.approx(1.5) and not held.is_tie


def test_a_sample_of_threads_begins_when_those_of_the_call_before_are_still() -> None:
    time, said = Ticking(), []

    def sleep(seconds: float) -> None:
        said.append("still")
        time.now += seconds

    def calling(name: str, seconds: float) -> Callable[[], None]:
        return lambda: said.append(name) or time.taking(seconds)()

    clocks = Clocks(lambda: time.now, lambda: 0.0, time.clocks.host, sleep)
    calls = {"numpy": calling("numpy", 0.003), "threads": calling("threads", 0.002)}
    hold((8,), calls, 0.5, clocks, threaded=("threads",))
    assert said[:5] == [
        "numpy",
        "threads",
        "still",
        "threads",
        "threads",
    ]  # the first of each only tells how long
    rounds = said[5:]
    assert rounds.count("still") >= 5 and rounds.count("numpy") == rounds.count("threads")
    for at, word in enumerate(rounds):
        assert word != "still" or rounds[at + 1 : at + 3] == ["threads", "threads"]  # one wakes, one counts
    said.clear()
    hold((8,), calls, 0.5, clocks)
    assert "still" not in said


def test_threads_are_called_until_they_are_at_their_pace_before_a_sample_counts() -> None:
    time, slow = Ticking(), [3]

    def sleep(seconds: float) -> None:
        time.now += seconds
        slow[0] = 3

    def threads() -> None:
        time.now += 3e-4 if slow[0] else 1e-4
        slow[0] = max(slow[0] - 1, 0)

    clocks = Clocks(lambda: time.now, lambda: 0.0, time.clocks.host, sleep)
    calls = {"one thread": time.taking(2e-4), "threads": threads}
    assert hold((8,), calls, 2.0, clocks, threaded=("threads",)).winner == "threads"


def test_nobody_waits_for_threads_that_cannot_win() -> None:
    time, slept = Ticking(), []
    clocks = Clocks(lambda: time.now, lambda: 0.0, time.clocks.host, slept.append)
    hold((8,), {"numpy": time.taking(1e-6), "threads": time.taking(4e-5)}, 0.1, clocks, threaded=("threads",))
    assert not slept


def test_the_hopeless_are_timed_once() -> None:
    time = Ticking()
    calls = {
        "fast": time.taking(0.02),
        "near": time.taking(0.03),
        "hopeless": time.taking(0.02 * HOPELESS * 1.1),
    }
    held = hold((8,), calls, 10.0, time.clocks)
    assert held.times_s["hopeless"].n == 1 and held.times_s["near"].n > 1


def test_a_race_without_time_still_times_each_once() -> None:
    time = Ticking()
    held = hold((8,), {"a": time.taking(0.02), "b": time.taking(0.02)}, 0.0, time.clocks)
    assert {name: estimate.n for name, estimate in held.times_s.items()} == {"a": 1, "b": 1}
    assert held.lead is not None and held.lead.low is None and not held.is_tie
    assert hold((8,), {"a": time.taking(0.02), "b": time.taking(0.02)}, 10.0, time.clocks).is_tie


def test_a_calibration_survives_the_way_through_json() -> None:
    whole = part("gelu", [race((8,), numpy=1.0, naive=2.0), Race((1,), {}, None, "Something.")])
    assert Calibration.from_dict(json.loads(json.dumps(whole.to_dict()))) == whole


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_grid_reaches_from_2_to_2048(operation: str) -> None:
    for layout in OPERATIONS[operation].measured:
        shapes = list(OPERATIONS[operation].points(layout))
        assert len(shapes) == len(set(shapes)) > 0
        assert all(len(shape) == len(OPERATIONS[operation].form.lengths) for shape in shapes)
    ends = {"matmul": ((1, 2, 2, 2), (1, 2048, 2048, 2048)), "gelu": ((4,), (2**22,)), "add": ((4,), (2**22,))}
    assert set(ends.get(operation, ((2, 2), (2048, 2048)))) <= set(OPERATIONS[operation].points("C"))


@pytest.mark.parametrize("layout", ["C", "transposed", "strided"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_operands_are_what_a_race_says(operation: str, layout: str) -> None:
    lengths = (3, 4, 5, 6)[: len(OPERATIONS[operation].form.lengths)]
    operands = make_operands(OPERATIONS[operation], lengths, "float32", layout, 1)
    assert all(array.dtype == np.float32 for array in operands)
    assert all(array.flags.c_contiguous == (layout == "C") for array in operands[-1:]) or operation != "matmul"
    expected = accel_core.NumpyBackend().dispatch(operation, *operands)
    for backend in calibrating.candidates().values():
        np.testing.assert_allclose(
            call_of(backend, OPERATIONS[operation], operands)(), expected, rtol=1e-4, atol=1e-5
        )


def test_loops_that_take_too_long_for_a_race_are_not_run_to_compile_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run: list[str] = []
    backend = calibrating.find_backend("naive")
    monkeypatch.setattr(type(backend), "plain_matmul", lambda *_: run.append("naive"))
    (result,) = calibrate(
        detect(), operations=["matmul"], dtypes=["float32"], lengths=[(1, 256, 256, 256)], budget_s=0.01
    )
    (held,) = result.contests
    assert "naive" not in held.times_s and not run


def test_calibrating_measures_what_was_asked_for_and_tells_each_part() -> None:
    events: list[dict[str, Any]] = []
    here = detect()
    shapes = [(1, 4, 4, 4), (1, 8, 2, 3), (2, 3, 3, 3)]
    (result,) = calibrate(
        here, operations=["matmul"], dtypes=["float64"], lengths=shapes, budget_s=0.01, emit=events.append
    )
    assert (result.operation, result.dtype, result.layout) == ("matmul", "float64", "C")
    assert {held.lengths for held in result.contests} == set(shapes)
    assert all(set(held.times_s) == set(calibrating.candidates()) for held in result.contests)
    told = [Calibration.from_dict(event["data"]) for event in events if event["event"] == "result"]
    assert told == [result]
    assert [event["done"] for event in events if event["event"] == "step"] == [0, 1, 2]
    with pytest.raises(BadInput, match="known operations"):
        calibrate(here, operations=["conv"], budget_s=0.01)


def test_a_wrong_answer_takes_no_part(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = accel_core.BlockedBackend()
    monkeypatch.setattr(wrong, "plain_gelu", lambda x: x)
    monkeypatch.setattr(current, "_made", {**current._made, "blocked": wrong})
    events: list[dict[str, Any]] = []
    (result,) = calibrate(
        detect(), operations=["gelu"], dtypes=["float32"], lengths=[(8,)], budget_s=0.01, emit=events.append
    )
    assert "blocked" not in result.contests[0].times_s and "numpy" in result.contests[0].times_s
    assert [e["message"] for e in events if e["event"] == "warning"] == [
        "blocked gives a wrong result for gelu 8, float32, so it is not timed."
    ]


@pytest.mark.parametrize(("measured", "said"), [("", "by rule"), ("2026-05-04", "by measurement here")])
def test_a_product_of_ours_says_whether_its_blocks_were_measured(
    monkeypatch: pytest.MonkeyPatch, measured: str, said: str
) -> None:
    plan = dataclasses.replace(auto.plan_here("float32"), measured=measured)
    monkeypatch.setattr(auto, "plan_here", lambda dtype: plan)
    lengths, times_s = (1, 8, 8, 8), {"compiled": 1.0, "numpy": 2.0}
    ours = AutoBackend(chooser_of(part("matmul", [race(lengths, **times_s)])))
    monkeypatch.setattr(auto, "find_backend", lambda name: ours)
    choice = accel_core.explain("matmul", lengths)
    assert choice.blocks == said and str(choice).endswith(f"Its blocks: {said}.")
    theirs = AutoBackend(chooser_of(part("matmul", [race(lengths, compiled=2.0, numpy=1.0)])))
    monkeypatch.setattr(auto, "find_backend", lambda name: theirs)
    assert accel_core.explain("matmul", lengths).blocks == ""


# -- the store, the runner, the command line -----------------------------------------------------------------


def with_blas(blas: Blas | None) -> Environment:
    return Environment("0", "3.11", "2.4", "0.68", None, "Linux 6", blas)


def test_calibrations_are_found_by_machine_and_library() -> None:
    store, whole = Store(), part("gelu", [race((8,), numpy=1.0, naive=2.0)])
    haswell = with_blas(Blas("OpenBLAS", "0.3", 2, "test", "Haswell"))
    same = with_blas(Blas("OpenBLAS", "0.3", 1, "other words", "Haswell"))
    other = with_blas(Blas("OpenBLAS", "0.3", 2, "test", "SkylakeX"))
    store.save("calibration", whole, "here", haswell)
    assert store.calibrations("here", same) == [whole]
    assert store.calibrations("there", haswell) == []
    assert store.calibrations("here", other) == []
    assert store.calibrations("here", with_blas(None)) == []


def test_crossovers_of_a_compiler_that_was_held_back_hold_only_where_it_is_again() -> None:
    store, slow = Store(), part("gelu", [race((8,), numpy=1.0, compiled=2.0)])
    free = with_blas(None)
    generic = dataclasses.replace(free, overrides={"NUMBA_CPU_NAME": "generic"})
    store.save("calibration", slow, "here", generic)
    assert store.calibrations("here", free) == []
    assert store.calibrations("here", generic) == [slow]


def test_the_crossovers_of_this_machine_are_read_from_the_store() -> None:
    mine = part("gelu", [race((8,), naive=1.0, numpy=2.0)])
    other = Calibration("gelu", "float32", "C", THREADS + 1, (race((9,), naive=1.0),))
    for whole in (mine, other):
        Store().save("calibration", whole, detect().fingerprint, environment())
    crossovers, threads = load_crossovers()
    assert threads == THREADS and crossovers.races("gelu", "float32") == mine.contests


def test_a_store_that_cannot_be_read_leaves_the_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCEL_STORE_URL", "sqlite:////dev/null/records.db")
    assert AutoBackend().chooser.choose("gelu", (8,), "float32", "C").source == "rule"


def test_a_calibrate_job_gets_its_defaults_and_all_processors() -> None:
    here = detect()
    data = check({"kind": "calibrate"}, here).data
    assert data["operations"] == list(OPERATIONS) and data["dtypes"] == ["float32", "float64"]
    assert data["budget_s"] == 60.0 and threads_of(data) == here.cores.allowed


@pytest.mark.parametrize(
    "more",
    [
        {"operations": ["conv"]},
        {"operations": []},
        {"dtypes": ["int8"]},
        {"budget_s": 0},
        {"lengths": [[8]]},
        {"operations": ["gelu"], "lengths": [[8, 8]]},
        {"operations": ["gelu"], "lengths": [[0]]},
        {"operations": ["gelu", "add"], "lengths": [[8]]},
        {"operations": ["gelu"], "lengths": [["8"]]},
        {"operations": ["gelu"], "lengths": ["8"]},
        {"operations": ["matmul"], "lengths": [[1, 30000, 30000, 30000]]},
        {"sizes": [8]},
    ],
)
def test_a_calibrate_job_that_cannot_be_is_refused(more: dict[str, Any]) -> None:
    with pytest.raises(BadInput):
        check({"kind": "calibrate", **more}, detect())


def test_the_commands_measure_and_explain(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["calibrate", "--operation", "add", "--dtype", "float32", "--budget", "0.1", "--json"]) == 0
    (whole,) = json.loads(capsys.readouterr().out)["calibrations"]
    assert (whole["operation"], whole["threads"]) == ("add", THREADS)
    assert main(["explain", "add", "--shape", "64", "--json"]) == 0
    fresh = AutoBackend().chooser.choose("add", (64,), "float32", "C")
    assert fresh.source == "measured"
    told = json.loads(capsys.readouterr().out)
    assert told["lengths"] == [64] and told["backend"] in accel_core.backend_names()
    assert main(["explain", "matmul", "--shape", "512,512,512"]) == 0
    assert "512 x 512 x 512" in capsys.readouterr().out
    assert main(["calibrate", "--operation", "conv"]) == 2
    assert main(["explain", "conv", "--shape", "3"]) == 2
    assert capsys.readouterr().err.count("accel: ") == 2
