"""Tuning: who wins a race, what the file says later, and that no plan changes an answer."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from itertools import product as pairs_of
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from figure_records import ENVIRONMENT
from hypothesis import given, settings
from hypothesis import strategies as st
from test_bench import FakeTime

from accel_core.backends import auto, explain
from accel_core.bench.events import RESULT_TYPES
from accel_core.errors import AccelError, StoreUnavailable, WrongResult
from accel_core.kernels import tuned, widths
from accel_core.kernels.matmul import packed as matmul_packed
from accel_core.kernels.matmul import plan as plans
from accel_core.kernels.matmul.blocking import blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES
from accel_core.kernels.matmul.plan import Plan, from_caches, of_tuning, plan_here
from accel_core.kernels.matmul.workload import MATMUL
from accel_core.kernels.verify import max_relative_error
from accel_core.machine import detect, environment
from accel_core.model import DTYPES, Estimate, Machine
from accel_core.model.tuning import Tuning
from accel_core.readings.panel_rates import width_reading
from accel_core.tuning import blocks, racing, vectors

GAINS = {"512": Estimate(1.1, 1.05, 1.2, 9)}
ONE = Tuning("float32", 4, 96, 64, 192, 4096, 9216, GAINS, "f", ENVIRONMENT, "2026-05-04", 1.5)
LENGTH = st.integers(1, 120)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder for records of its own, and nothing that was found in another one."""
    monkeypatch.setenv("ACCEL_HOME", str(tmp_path / "home"))
    for known in (plan_here, widths.chosen):
        known.cache_clear()
    yield tmp_path / "home"
    for known in (plan_here, widths.chosen):
        known.cache_clear()


# -- the answers ---------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(
    m=LENGTH, k=LENGTH, n=LENGTH, dtype=st.sampled_from(DTYPES), tile=st.sampled_from(sorted(TILES)),
    lengths=st.tuples(st.integers(1, 90), st.integers(1, 90), st.integers(1, 200)),
    nothing=st.integers(0, 1 << 16), only_b=st.integers(0, 1 << 16),
)  # fmt: skip
def test_every_plan_gives_the_product(
    m: int, k: int, n: int, dtype: str, tile: int, lengths: tuple[int, int, int], nothing: int, only_b: int
) -> None:
    mc, kc, nc = lengths
    plan = Plan(blocking(dtype, {}, tile).given(mc=mc, kc=kc, nc=nc), nothing, only_b)
    a, b = MATMUL.make_inputs((m, k, n), dtype, 3)
    c = np.full((m, n), np.nan, dtype)
    matmul_packed.product(a, b, c, plan)
    assert max_relative_error(c, MATMUL.reference(a, b)) <= MATMUL.tolerance((m, k, n), dtype)


# -- the race ------------------------------------------------------------------------------------------------


def winner_beside(burst: range, order: list[int]) -> int:
    """Who wins where the calls in `burst` take ten times as long; each is 10 % faster than the next."""

    def cost_s(shape: tuple[int, ...], call: int) -> float:
        return 0.01 * 1.1 ** shape[0] * (10 if call in burst else 1)

    time = FakeTime(cost_s)
    calls = {which: lambda which=which: time.work((which,)) for which in order}
    return racing.race(calls, 2.0, time.clocks())[0]


@settings(max_examples=60)
@given(st.data(), st.integers(2, 40))
def test_the_fastest_wins_beside_a_burst(data: st.DataObject, count: int) -> None:
    """However many race, a burst that is as long as the last round takes one sample of each at most."""
    start = data.draw(st.integers(0, 20 * count))
    order = data.draw(st.permutations(range(count)))
    assert winner_beside(range(start, start + racing.FINALISTS), order) == 0


@settings(max_examples=60)
@given(st.permutations(range(racing.FINALISTS)), st.integers(0, 60), st.integers(1, 60))
def test_the_fastest_of_the_last_wins_beside_a_burst_of_any_length(
    order: list[int], start: int, length: int
) -> None:
    assert winner_beside(range(start, start + length), order) == 0


def test_turns_take_their_time_and_every_call_is_first_as_often_as_another() -> None:
    time = FakeTime(lambda shape, call: 2e-3)
    calls = {which: lambda which=which: time.work((which,)) for which in range(3)}
    samples = racing.turns(calls, 0.6, time.clocks())
    assert {len(taken) for taken in samples.values()} == {100}
    firsts = [shape[0] for shape in time.shapes[3::3]]
    assert firsts[:6] == [0, 1, 2, 0, 1, 2]


def test_samples_of_a_short_call_last_a_millisecond() -> None:
    time = FakeTime(lambda shape, call: 1e-5)
    racing.turns({0: lambda: time.work((0,))}, 0.0, time.clocks(), 1)
    assert len(time.shapes) == 1 + 100


@settings(max_examples=60)
@given(st.lists(st.tuples(*[st.floats(1e-6, 1e-2)] * 3), min_size=1, max_size=7))
def test_the_thresholds_are_those_of_the_least_sum_of_logarithms(times_s: list[tuple[float, ...]]) -> None:
    def cost(first: int, second: int) -> float:
        ways = [0 if at < first else 1 if at < second else 2 for at in range(len(times_s))]
        return sum(float(np.log(row[way])) for row, way in zip(times_s, ways, strict=True))

    every = [(i, j) for i, j in pairs_of(range(len(times_s) + 1), repeat=2) if i <= j]
    assert cost(*blocks.thresholds(times_s)) == pytest.approx(min(cost(*at) for at in every))


# -- the act -------------------------------------------------------------------------------------------------


def test_a_tuning_is_told_kept_and_taken_from_then_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    better = Estimate(1.1, 1.05, 1.2, 9)
    monkeypatch.setattr(blocks._Tuner, "gains", lambda self, plan, budget_s: {256: better})
    before, events = plan_here("float64"), []
    (found,) = blocks.tune(detect(), dtypes=("float64",), budget_s=0.5, emit=events.append)
    steps = [event for event in events if event["event"] == "step"]
    assert [(step["done"], step["total"]) for step in steps] == [(n, 5) for n in range(5)]
    assert events[-1]["type"] == "tuning" and RESULT_TYPES["tuning"].from_dict(events[-1]["data"]) == found
    assert not before.measured and plan_here("float64") == before  # a process keeps to what it began with
    plan_here.cache_clear()
    plan = plan_here("float64")
    assert plan == of_tuning(found) and plan.measured == found.created and list(found.gains) == ["256"]
    assert not plan_here("float32").measured


@pytest.mark.parametrize(
    ("gains", "won"),
    [
        ([(1.1, 1.0, 1.2), (1.0, 0.9, 1.1), (1.05, 1.0, 1.1)], True),
        ([(1.1, 1.05, 1.2), (1.2, 1.1, 1.3), (0.8, 0.7, 0.9)], False),  # surely slower at one size
        ([(0.99, 0.9, 1.1)] * 3, False),
        ([], False),
    ],
)
def test_a_tuning_beats_the_derived_where_it_is_faster_and_nowhere_surely_slower(
    gains: list[tuple[float, float, float]], won: bool
) -> None:
    assert blocks.beats([Estimate(*gain, 9) for gain in gains]) is won


def test_of_blocks_that_run_alike_the_first_is_tried() -> None:
    derived = blocking("float32", {})
    others = [derived.given(mc=1 << 19), derived.given(kc=8)]
    assert blocks.first_of_each([derived, *others], (64, 64, 64)) == [derived, others[1]]


def test_a_slow_computer_tries_what_it_has_time_for(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A product of 256 takes a second: nothing longer is run than the shortest of each part."""
    sides = set()
    shape_of = blocks._Problem.__init__

    def noted(self: Any, m: int, k: int, n: int, dtype: str) -> None:
        sides.add(n)
        shape_of(self, m, k, n, dtype)

    monkeypatch.setattr(blocks._Tuner, "call_s", 1.0)
    monkeypatch.setattr(blocks._Problem, "__init__", noted)
    blocks.tune(detect(), dtypes=("float32",), budget_s=0.3)
    assert max(sides) <= 256


def test_what_does_not_beat_the_derived_leaves_the_derived(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    worse = Estimate(0.9, 0.85, 0.99, 9)
    monkeypatch.setattr(blocks._Tuner, "gains", lambda self, plan, budget_s: {256: worse})
    (found,) = blocks.tune(detect(), dtypes=("float32",), budget_s=0.3)
    derived = from_caches("float32", plans.detected_bytes(detect()))
    plan_here.cache_clear()
    assert not found.gains and of_tuning(found) is None and plan_here("float32") == derived


def test_a_wrong_product_is_never_timed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "packed", lambda a, b, c, blocks: None)
    with pytest.raises(WrongResult, match="wrong by"):
        blocks.tune(detect(), dtypes=("float32",), budget_s=0.3)
    assert not home.exists()


def test_nothing_is_tuned_on_a_pretend_host(home: Path) -> None:
    with pytest.raises(AccelError):
        blocks.tune(replace(detect(), pretended="laptop.json"))


# -- the width of vectors ------------------------------------------------------------------------------------

SEVERAL = pytest.mark.skipif(len(widths.offered()) < 2 or widths.TOLD, reason="one width only")


@given(st.dictionaries(st.sampled_from([128, 256, 512]), st.tuples(*[st.floats(0.5, 2)] * 3)))
def test_another_width_than_the_rules_is_taken_where_it_is_surely_faster(
    ends: dict[int, tuple[float, float, float]],
) -> None:
    gains = {bits: Estimate(sorted(one)[1], min(one), max(one), 9) for bits, one in ends.items()}
    taken = vectors.fastest_width(7, gains)
    sure = {bits: gain.median for bits, gain in gains.items() if gain.low and gain.low > 1}
    assert (taken == 7) == (not sure) and sure.get(taken, 0) == max(sure.values(), default=0)
    assert vectors.fastest_width(7, {128: Estimate(2.0, None, None, 3)}) == 7


@SEVERAL
def test_the_width_that_won_is_kept_and_taken_from_then_on(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual, other = widths.usual(), next(b for b in widths.offered() if b != widths.usual())
    assert widths.chosen("float64") == widths.Width(usual)
    monkeypatch.setattr(vectors, "fastest_width", lambda usual, gains: other)
    (found,) = blocks.tune(detect(), dtypes=("float64",), budget_s=0.3)
    assert found.vector_bits == other
    assert set(found.width_gains) == {str(bits) for bits in widths.offered() if bits != usual}
    assert widths.chosen("float64").bits == usual  # a process keeps to what it began with
    widths.chosen.cache_clear()
    assert widths.chosen("float64") == widths.Width(other, found.created)
    assert str(widths.chosen("float64")) == f"{other} bits, by measurement here"
    assert widths.chosen("float32") == widths.Width(usual)


@SEVERAL
def test_loops_are_compiled_for_the_width_that_won(home: Path) -> None:
    """In a process of its own: this one keeps to the rule's."""
    tuned.keep(replace(ONE, fingerprint=detect().fingerprint, environment=environment(), vector_bits=128))
    script = (
        "import numpy as np, numba; from accel_core.kernels import compiled; "
        "from accel_core.kernels.gelu.compiled import fused; "
        "made = numba.njit(**compiled.OPTIONS, **compiled._STREAMED)(fused.py_func); "
        "x = np.zeros(4, np.float32); made(x, x.copy()); print(*made.inspect_llvm().values())"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert '"prefer-vector-width"="128"' in ran.stdout, ran.stderr


@pytest.mark.parametrize("bits", [0, 64, 17, -128, 1024])
def test_a_width_that_is_none_here_leaves_the_rule(home: Path, bits: int) -> None:
    tuned.keep(replace(ONE, fingerprint=detect().fingerprint, environment=environment(), vector_bits=bits))
    assert widths.chosen("float32") == widths.Width(widths.usual())


def test_a_tuning_of_before_widths_were_raced_is_read() -> None:
    told = ONE.to_dict()
    before = {name: value for name, value in told.items() if name not in ("vector_bits", "width_gains")}
    assert Tuning.from_dict(before) == ONE and (ONE.vector_bits, ONE.width_gains) == (0, {})


def test_a_wrong_result_at_a_width_is_never_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "gelu_fused", lambda x, y, bits: y.fill(0))
    with pytest.raises(WrongResult, match="vectors of 128 bits is wrong by"):
        vectors.streams(64, "float32", (128,))


def test_the_width_is_read_with_what_it_was_raced_against() -> None:
    gains = {"256": Estimate(1.3, 1.2, 1.4, 9), "128": Estimate(0.6, 0.5, 0.7, 9)}
    assert width_reading(ONE) == ""
    won = width_reading(replace(ONE, vector_bits=256, width_gains=gains))
    assert won == (
        "Streaming loops over float32 run with vectors of 256 bits: 1.3 times as fast on arrays in L2 as those "
        "by rule."
    )
    kept = width_reading(replace(ONE, vector_bits=512, width_gains=gains))
    assert kept.endswith("512 bits: of 256 and 128 bits none was surely faster on arrays in L2.")


@pytest.mark.parametrize("operation", ["gelu", "add", "softmax", "matmul"])
def test_the_width_is_explained_where_a_streaming_loop_is_taken(
    operation: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(auto, "chosen", lambda dtype: widths.Width(256, "2026-05-04"))
    choice = explain(operation, (512, 512, 512) if operation == "matmul" else (512, 512), "float32")
    taken = operation in ("gelu", "add") and choice.backend.startswith("compiled")
    assert (choice.vectors == "256 bits, by measurement here") is taken
    assert ("Its vectors: 256 bits, by measurement here." in str(choice)) is taken


# -- the file ------------------------------------------------------------------------------------------------


def here(dtype: str = "float32") -> tuple[str, Machine, Any]:
    return dtype, replace(detect(), fingerprint="f"), ENVIRONMENT


def test_the_newest_tuning_of_this_hardware_and_compiler_counts(home: Path) -> None:
    assert tuned.find(*here()) is None
    for created in ("2026-05-04", "2026-05-05"):
        tuned.keep(replace(ONE, created=created))
    tuned.keep(replace(ONE, fingerprint="g", created="2026-06-01"))
    tuned.keep(replace(ONE, dtype="float64", created="2026-06-02"))
    tuned.keep(replace(ONE, environment=replace(ENVIRONMENT, numba="0.1"), created="2026-06-03"))
    found = tuned.find(*here())
    assert found is not None and found.created == "2026-05-05" and found.gains == ONE.gains
    assert len(tuned.tunings_file().read_text().split()) >= 5
    assert tuned.tunings_file().read_text().count('"tile"') == 5  # nothing is ever lost


@pytest.mark.parametrize(
    "line", ['{"dtype": "float32"', "[]", "7", "null", '"text"', "{}", "\udcff", "[" * 9999]
)
def test_a_torn_or_foreign_line_costs_itself_only(home: Path, line: str) -> None:
    tuned.keep(ONE)
    with tuned.tunings_file().open("a", encoding="utf-8", errors="surrogateescape") as file:
        file.write(line + "\n")
    assert tuned.find(*here()) == ONE


def test_a_line_that_a_full_disk_tore_takes_no_other_with_it(home: Path) -> None:
    tuned.keep(ONE)
    path = tuned.tunings_file()
    path.write_text(path.read_text()[: -len(path.read_text()) // 2])
    tuned.keep(replace(ONE, created="2026-05-05"))
    found = tuned.find(*here())
    assert found is not None and found.created == "2026-05-05"


def test_a_variable_that_leaves_the_compiler_alone_hides_no_tuning(home: Path) -> None:
    tuned.keep(ONE)
    dtype, machine, now = here()
    blas = replace(now, overrides={"OPENBLAS_CORETYPE": "Haswell"})
    held = replace(now, overrides={"NUMBA_CPU_NAME": "generic"})
    assert tuned.find(dtype, machine, blas) == ONE and tuned.find(dtype, machine, held) is None
    assert tuned.find(dtype, machine, replace(now, accel="0.0.1")) is None


@pytest.mark.parametrize(
    "change",
    [{"gains": {}}, {"created": "yesterday"}, {"tile": 5}, {"tile": True}, {"tile": []}, {"kc": 0}, {"nc": -4},
     {"mc": "many"}, {"kc": 1 << 40}, {"kc": 2.5}, {"unpacked_bytes": -1}, {"unpacked_a_bytes": None}],
)  # fmt: skip
def test_lengths_that_are_none_leave_the_derived(home: Path, change: dict[str, Any]) -> None:
    tuned.tunings_file().parent.mkdir(parents=True)
    said = {
        **ONE.to_dict(),
        "fingerprint": detect().fingerprint,
        "environment": environment().to_dict(),
        **change,
    }
    tuned.tunings_file().write_text(json.dumps(said) + "\n")
    assert not plan_here("float32").measured


def test_a_folder_that_cannot_be_written_is_one_sentence(home: Path) -> None:
    home.write_text("a file where the folder should be")
    with pytest.raises(StoreUnavailable, match="The tuning cannot be kept"):
        tuned.keep(ONE)


def test_derived_from_caches_an_l3_that_is_shared_with_strangers_changes_no_way() -> None:
    caches = {"L1": 48 << 10, "L2": 2 << 20}
    plan, other = (from_caches("float32", {**caches, "L3": mib << 20}) for mib in (8, 300))
    assert (plan.unpacked_bytes, plan.unpacked_a_bytes) == (other.unpacked_bytes, other.unpacked_a_bytes)
    assert plan.unpacked_a_bytes < 2 << 20 and plan.blocks.mr == ROWS
