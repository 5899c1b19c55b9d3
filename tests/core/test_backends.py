"""Backends: one interface, the one in use here, a third party's own, and every backend against NumPy."""

from __future__ import annotations

import asyncio
import contextvars
import json
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

import accel_core
from accel_core import machine, operations
from accel_core.backends import OPERATIONS, AutoBackend, current
from accel_core.backends.calibrating import calibrate, make_operands
from accel_core.backends.chooser import Chooser
from accel_core.backends.crossovers import Crossovers
from accel_core.backends.interface import ComputeBackend
from accel_core.bench.events import Emit, ignore
from accel_core.cli import main
from accel_core.errors import AccelWarning, BadInput
from accel_core.kernels.verify import max_relative_error
from accel_core.race import Calibration, Race

OWN = ("auto", "naive", "blocked", "numpy", "compiled", "compiled_threads")


@pytest.fixture
def registry_restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a test registers is gone after it."""
    monkeypatch.setattr(current, "_known", dict(current._known))
    monkeypatch.setattr(current, "_made", dict(current._made))
    monkeypatch.setattr(current, "_installed", set(current._installed))
    yield


def in_thread(function: Callable[[], Any]) -> Any:
    """What `function` returns on a thread of its own."""
    results: list[Any] = []
    thread = threading.Thread(target=lambda: results.append(function()))
    thread.start()
    thread.join()
    return results[0]


# -- a third party -------------------------------------------------------------------------------------------


class CountingBackend(ComputeBackend):
    """A worked example from outside the package: it counts the calls and lets another backend do the work."""

    def __init__(self, inner: ComputeBackend | None = None) -> None:
        self.inner = inner or accel_core.NumpyBackend()
        self.calls: list[str] = []

    def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
        self.calls.append("matmul")
        return self.inner.matmul(a, b)

    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        self.calls.append("gelu")
        return self.inner.gelu(x)

    def add(self, x: ArrayLike, y: ArrayLike) -> NDArray[Any]:
        self.calls.append("add")
        return self.inner.add(x, y)

    def softmax(self, x: ArrayLike) -> NDArray[Any]:
        self.calls.append("softmax")
        return self.inner.softmax(x)

    def layer_norm(
        self, x: ArrayLike, gamma: ArrayLike | None = None, beta: ArrayLike | None = None, eps: float = 1e-5
    ) -> NDArray[Any]:
        self.calls.append("layer_norm")
        return self.inner.layer_norm(x, gamma, beta, eps)


def user_code(x: NDArray[Any], weights: NDArray[Any]) -> NDArray[Any]:
    """A student's layer: it knows no backend."""
    hidden = accel_core.gelu(accel_core.matmul(accel_core.layer_norm(x), weights))
    return accel_core.softmax(accel_core.add(hidden, x))


def test_a_backend_from_outside_serves_unchanged_user_code(registry_restored: None) -> None:
    accel_core.register_backend("counting", CountingBackend)
    x, weights = np.random.default_rng(1).random((2, 5, 5))
    expected = user_code(x, weights)
    with accel_core.use_backend("counting") as backend:
        result = user_code(x, weights)
    assert isinstance(backend, CountingBackend)
    assert backend.calls == ["layer_norm", "matmul", "gelu", "add", "softmax"]
    np.testing.assert_allclose(result, expected, rtol=1e-10)


class Remembering(CountingBackend):
    """It has the result of the last gelu at hand, so it is faster than all others."""

    last: tuple[Any, Any] = (None, None)

    def gelu(self, x: ArrayLike) -> NDArray[Any]:
        if self.last[0] is not x:
            self.last = x, super().gelu(x)
        return self.last[1]


def calibrated(emit: Emit = ignore) -> tuple[Race, AutoBackend]:
    """One shape of gelu, timed; and a backend auto that knows no more than that."""
    here = machine.detect()
    (result,) = calibrate(
        here, operations=["gelu"], dtypes=["float32"], lengths=[(1 << 18,)], budget_s=0.01, emit=emit
    )
    auto = AutoBackend(Chooser(lambda: (Crossovers([result]), here.cores.allowed)))
    return result.contests[0], auto


def test_a_backend_from_outside_can_win_auto(registry_restored: None) -> None:
    own = Remembering()
    accel_core.register_backend("mine", own)
    accel_core.register_backend("auto again", AutoBackend)
    held, auto = calibrated()
    assert held.winner == "mine" and set(held.times_s) < set(accel_core.backend_names())
    assert not any(name.startswith("auto") for name in held.times_s)
    x = np.ones(1 << 18, np.float32)
    auto.gelu(x)
    assert own.last[0] is x


def test_a_backend_of_an_installed_package_is_calibrated_in_the_process_of_the_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    info = tmp_path / "mine-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mine\nVersion: 1.0\n", encoding="utf-8")
    points = "[accel_core.backends]\nmine = mine:Mine\nnumpy = mine:Stolen\nbroken = nowhere:Backend\n"
    (info / "entry_points.txt").write_text(points, encoding="utf-8")
    code = "from accel_core import NumpyBackend\nclass Mine(NumpyBackend):\n    pass\n"
    (tmp_path / "mine.py").write_text(code, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)
    words = ["calibrate", "--operation", "add", "--dtype", "float32", "--budget", "0.1", "--json"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    (part,) = json.loads(out)["calibrations"]
    assert all({"mine", "numpy"} <= set(held["times_s"]) for held in part["contests"])
    assert "The backend broken cannot be made" in err


def test_auto_takes_nobody_who_is_not_registered_here(registry_restored: None) -> None:
    accel_core.register_backend("mine", Remembering)
    held, auto = calibrated()
    del current._known["mine"], current._made["mine"]
    choice = auto.chooser.choose("gelu", held.lengths, "float32", "C")
    assert choice.source == "measured" and choice.backend in OWN and "mine" not in choice.times_s
    only = Calibration("gelu", "float32", "C", 1, (Race((8,), {"mine": held.times_s["mine"]}, None),))
    assert Chooser(lambda: (Crossovers([only]), 1)).choose("gelu", (8,), "float32", "C").source == "rule"


def test_auto_works_on_where_the_fastest_cannot_be_loaded_any_more(registry_restored: None) -> None:
    def gone() -> CountingBackend:
        raise ImportError("no module named torchx")

    accel_core.register_backend("mine", Remembering)
    held, auto = calibrated()
    accel_core.register_backend("mine", gone, replace=True)
    assert held.winner == "mine"
    x = np.ones(1 << 18, np.float32)
    with pytest.warns(AccelWarning, match=r"mine was the fastest .* no module named torchx"):
        result = auto.gelu(x)
    assert np.allclose(result, current.find_backend("numpy").gelu(x))


def test_a_package_that_names_its_backend_may_register_it_too(
    registry_restored: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    point = SimpleNamespace(name="mine", load=lambda: CountingBackend)
    monkeypatch.setattr(current, "entry_points", lambda group: [point])
    current.register_installed()
    accel_core.register_backend("mine", Remembering)
    assert isinstance(current.find_backend("mine"), Remembering)
    with pytest.raises(BadInput, match="already"):
        accel_core.register_backend("mine", CountingBackend)


def test_a_backend_that_fails_is_told_and_the_others_are_timed(registry_restored: None) -> None:
    class Failing(CountingBackend):
        def gelu(self, x: ArrayLike) -> NDArray[Any]:
            raise RuntimeError("the device is gone")

    accel_core.register_backend("failing", Failing)
    accel_core.register_backend("absent", lambda: None)  # type: ignore[arg-type, return-value]
    events: list[dict[str, Any]] = []
    held, _ = calibrated(events.append)
    assert "numpy" in held.times_s and not {"failing", "absent"} & set(held.times_s)
    warned = [event["message"] for event in events if event["event"] == "warning"]
    assert len(warned) == 2 and "absent cannot be made" in warned[0] and "the device is gone" in warned[1]


def test_a_backend_is_made_once_and_when_it_is_first_asked_for(registry_restored: None) -> None:
    made: list[CountingBackend] = []

    def make() -> CountingBackend:
        made.append(CountingBackend())
        return made[-1]

    accel_core.register_backend("counting", make)
    assert not made
    first, second = current.find_backend("counting"), current.find_backend("counting")
    assert first is second and made == [first]
    assert "counting" in accel_core.backend_names()


def test_a_name_is_taken_once_unless_it_is_to_be_replaced(registry_restored: None) -> None:
    with pytest.raises(BadInput, match="'numpy' already"):
        accel_core.register_backend("numpy", CountingBackend)
    own = CountingBackend()
    accel_core.register_backend("numpy", own, replace=True)
    assert current.find_backend("numpy") is own


@pytest.mark.parametrize("name", ["", "  ", " mine", None, 3])
def test_a_backend_needs_a_name_that_can_be_typed(name: Any) -> None:
    with pytest.raises(BadInput, match="name"):
        accel_core.register_backend(name, CountingBackend)


@pytest.mark.parametrize("backend", [None, 3, "numpy", dict])
def test_what_is_no_backend_is_not_registered(backend: Any) -> None:
    with pytest.raises(BadInput, match="no backend"):
        accel_core.register_backend("mine", backend)


def test_a_factory_that_makes_no_backend_is_found_out(registry_restored: None) -> None:
    accel_core.register_backend("empty", lambda: None)  # type: ignore[arg-type, return-value]
    with pytest.raises(BadInput, match="no backend"):
        accel_core.set_backend("empty")


def test_a_backend_without_all_operations_cannot_be_made() -> None:
    class Half(ComputeBackend):
        def matmul(self, a: ArrayLike, b: ArrayLike) -> NDArray[Any]:
            raise NotImplementedError

    with pytest.raises(TypeError, match="gelu"):
        Half()  # type: ignore[abstract]
    with pytest.raises(TypeError):
        ComputeBackend()  # type: ignore[abstract]


def test_a_backend_is_called_by_its_class_unless_it_says_otherwise() -> None:
    class Own(CountingBackend):
        name = "named"

    assert CountingBackend.name == "counting" and Own.name == "named"
    assert [current.find_backend(name).name for name in OWN] == list(OWN)
    assert accel_core.OptimizedBackend is accel_core.AutoBackend


# -- which one is in use -------------------------------------------------------------------------------------


def test_a_block_uses_its_backend_and_gives_the_earlier_one_back() -> None:
    before = accel_core.get_backend()
    assert before.name == "auto"
    with accel_core.use_backend("naive"), accel_core.use_backend(CountingBackend()) as inner:
        assert accel_core.get_backend() is inner
    with pytest.raises(KeyError), accel_core.use_backend("numpy"):
        raise KeyError
    assert accel_core.get_backend() is before


def test_a_backend_that_is_set_stays_for_its_context_alone() -> None:
    def inside() -> str:
        accel_core.set_backend("naive")
        return accel_core.get_backend().name

    assert contextvars.copy_context().run(inside) == "naive"
    assert accel_core.get_backend().name == "auto"


def test_a_thread_begins_with_the_default_and_changes_nobody_else() -> None:
    with accel_core.use_backend("naive"):
        assert in_thread(lambda: accel_core.get_backend().name) == "auto"
        assert in_thread(lambda: accel_core.set_backend("blocked").name) == "blocked"
        assert accel_core.get_backend().name == "naive"
        context = contextvars.copy_context()
        assert in_thread(lambda: context.run(accel_core.get_backend)).name == "naive"


def test_a_task_begins_with_a_copy_and_changes_nobody_else() -> None:
    async def task(name: str, turns: list[str]) -> list[str]:
        turns.append(accel_core.get_backend().name)
        with accel_core.use_backend(name):
            for _ in range(3):
                await asyncio.sleep(0)
                turns.append(accel_core.get_backend().name)
        return turns

    async def both() -> list[list[str]]:
        with accel_core.use_backend("blocked"):
            return await asyncio.gather(task("naive", []), task("numpy", []))

    assert asyncio.run(both()) == [["blocked", *["naive"] * 3], ["blocked", *["numpy"] * 3]]


@pytest.mark.parametrize("name", ["nunpy", "", None, 3, CountingBackend])
def test_an_unknown_backend_is_answered_with_the_known_ones(name: Any) -> None:
    with pytest.raises(BadInput, match=r"no backend .* naive, blocked, numpy, compiled") as caught:
        accel_core.set_backend(name)
    assert name != "nunpy" or "did you mean 'numpy'" in str(caught.value)
    assert accel_core.get_backend().name == "auto"


# -- dispatch ------------------------------------------------------------------------------------------------


def test_dispatch_calls_the_operation_by_its_name() -> None:
    backend = CountingBackend()
    x = np.ones((2, 2))
    for operation, names in OPERATIONS.items():
        backend.dispatch(operation, *([np.ones(2)] if operation == "layer_norm" else [x]) * len(names))
    assert backend.calls == list(OPERATIONS)
    assert np.array_equal(backend.dispatch("layer_norm", x, eps=1.0), np.zeros((2, 2)))


@pytest.mark.parametrize("operation", ["conv", "dispatch", "__init__", "", None, ["matmul"]])
def test_dispatch_names_the_known_operations_for_an_unknown_one(operation: Any) -> None:
    with pytest.raises(BadInput, match="known operations: matmul, gelu, add, softmax, layer_norm"):
        CountingBackend().dispatch(operation, np.ones((2, 2)))


@pytest.mark.parametrize(("operation", "count"), [("matmul", 1), ("gelu", 2), ("add", 0), ("layer_norm", 4)])
def test_dispatch_says_how_many_arrays_an_operation_takes(operation: str, count: int) -> None:
    with pytest.raises(BadInput, match=f"{operation} was given {count} arrays; it takes"):
        CountingBackend().dispatch(operation, *[np.ones(2)] * count)


@pytest.mark.parametrize("name", operations.OPERATIONS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_operation_is_the_problem_of_the_workload_of_its_name(name: str, dtype: str) -> None:
    operation, lengths = operations.OPERATIONS[name], operations.OPERATIONS[name].form.square(8)
    operands = make_operands(operation, lengths, dtype, "C", 1)
    exact = accel_core.workload(name).reference(
        *operands, *(np.ones(8), np.zeros(8))[: len(operation.optional)]
    )
    for backend in OWN:
        result = current.find_backend(backend).dispatch(name, *operands)
        assert max_relative_error(result, exact) <= operation.tolerance(lengths, dtype)


# -- results -------------------------------------------------------------------------------------------------

SHAPES = [
    ((3, 4), (4, 5)),
    ((4,), (4,)),
    ((4,), (4, 5)),
    ((3, 4), (4,)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 1, 3, 4), (5, 4, 2)),
    ((3, 4), (2, 4, 5)),
    ((4,), (2, 4, 5)),
    ((2, 3, 4), (4,)),
    ((0, 4), (4, 5)),
    ((3, 0), (0, 5)),
    ((0, 3, 4), (4, 5)),
    ((2, 3, 0), (2, 0, 5)),
    ((0,), (0,)),
    ((1, 1), (1, 1)),
]


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(("a_shape", "b_shape"), SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_backend_multiplies_as_numpy_does(name: str, a_shape: tuple, b_shape: tuple, dtype: str) -> None:
    random = np.random.default_rng(2)
    a, b = random.random(a_shape).astype(dtype), random.random(b_shape).astype(dtype)
    expected = np.matmul(a, b)
    with accel_core.use_backend(name):
        for result in (accel_core.matmul(a, b), accel_core.matmul(a, b)):  # decided, then looked up
            assert type(result) is type(expected) and result.dtype == dtype and result.shape == expected.shape
            np.testing.assert_allclose(result, expected, rtol=1e-5)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize(
    ("a_shape", "b_shape"),
    [((3, 4), (3, 4)), ((), (2, 2)), ((2,), ()), ((2, 3, 4), (3, 4, 5)), ((4,), (3,)), ((2, 2, 2), (3, 2, 2))],
)
def test_shapes_that_do_not_go_together_are_both_named(name: str, a_shape: tuple, b_shape: tuple) -> None:
    with accel_core.use_backend(name), pytest.raises(BadInput) as caught:
        accel_core.matmul(np.ones(a_shape), np.ones(b_shape))
    assert str(a_shape) in str(caught.value) and str(b_shape) in str(caught.value)


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("order", ["C", "F", "gaps", "backwards"])
@pytest.mark.parametrize("shape", [(7, 5), (2, 3, 5), (9,)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_backend_agrees_on_the_other_operations(name: str, order: str, shape: tuple, dtype: str) -> None:
    random = np.random.default_rng(3)
    x, y = random.normal(0, 2, (2, *shape)).astype(dtype)
    views = {
        "C": x,
        "F": np.asfortranarray(x),
        "gaps": np.repeat(x, 2, axis=-1)[..., ::2],
        "backwards": x[..., ::-1],
    }
    x = views[order]
    gamma, beta = random.random((2, shape[-1])).astype(dtype)
    exact = x.astype(np.float64)
    gelu = 0.5 * exact * (1 + np.tanh(np.sqrt(2 / np.pi) * (exact + 0.044715 * exact**3)))
    powers = np.exp(exact - exact.max(-1, keepdims=True))
    softmax = powers / powers.sum(-1, keepdims=True)
    deviation = np.sqrt(exact.var(-1, keepdims=True) + 1e-5)
    normed = (exact - exact.mean(-1, keepdims=True)) / deviation
    tolerance = {"float32": 3e-6, "float64": 1e-12}[dtype]
    with accel_core.use_backend(name):
        for _ in range(2):
            for result, expected in [
                (accel_core.gelu(x), gelu),
                (accel_core.add(x, y), exact + y),
                (accel_core.softmax(x), softmax),
                (accel_core.layer_norm(x), normed),
                (accel_core.layer_norm(x, gamma), normed * gamma),
                (accel_core.layer_norm(x, beta=beta, eps=1e-5), normed + beta),
                (accel_core.layer_norm(x, gamma, beta), normed * gamma + beta),
            ]:
                assert result.shape == shape and result.dtype == dtype
                np.testing.assert_allclose(result, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("name", OWN)
def test_limits_are_the_same_everywhere(name: str) -> None:
    x = np.array([[np.nan, 1.0, 2.0], [np.inf, 1.0, -np.inf], [-np.inf, 0.0, 1.0], [-np.inf] * 3])
    with np.errstate(all="ignore"):
        powers = np.exp(x - x.max(-1, keepdims=True))
        softmax = powers / powers.sum(-1, keepdims=True)
    with accel_core.use_backend(name):
        np.testing.assert_allclose(accel_core.softmax(x), softmax)
        gelu = accel_core.gelu(np.array([np.nan, np.inf, -np.inf, 1e300, -1e300]))
        assert np.isnan(gelu[0]) and gelu[1] == np.inf and gelu[2] == 0 and np.signbit(gelu[2])
        assert np.isnan(accel_core.layer_norm(np.ones((1, 3)), eps=0)).all()


@pytest.mark.parametrize("name", OWN)
def test_sums_broadcast_and_empty_arrays_stay_empty(name: str) -> None:
    with accel_core.use_backend(name):
        assert np.array_equal(accel_core.add(np.ones((2, 1)), [1, 2, 3]), [[2, 3, 4]] * 2)
        with pytest.raises(BadInput, match=r"\(2,\).*\(3,\)"):
            accel_core.add(np.ones(2), np.ones(3))
        for shape in [(0,), (3, 0), (0, 3)]:
            empty = np.ones(shape, np.float32)
            results = [
                accel_core.gelu(empty),
                accel_core.add(empty, empty),
                accel_core.softmax(empty),
                accel_core.layer_norm(empty),
            ]
            assert [(r.shape, r.dtype) for r in results] == [(shape, np.float32)] * 4


def test_a_sum_can_be_written_in_place_under_every_backend() -> None:
    for name in OWN:
        with accel_core.use_backend(name):
            x = np.ones(4)
            assert accel_core.add(x, x, out=x) is x and x.tolist() == [2.0] * 4
