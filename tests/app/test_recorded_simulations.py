"""The simulations that come with the app: what the simulator gives, and shown before it is compiled."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from conftest import Open

from accel_core.cache import Trace
from app.session import awaited, cached, readied, recorded
from app.session.simulating import Simulator


def test_what_comes_with_the_app_is_what_the_simulator_gives() -> None:
    traces, counts = recorded.compute()
    found = list(recorded.read())
    assert found[len(traces) :] == counts
    for seen, made in zip(found, traces, strict=False):
        assert isinstance(seen, Trace)
        for name, value in vars(made).items():
            if name == "held":
                parts = zip(vars(made.held[0]).items(), vars(seen.held[0]).items(), strict=True)
                assert all(np.array_equal(one, other) for (_, one), (_, other) in parts)
                continue
            same = np.array_equal(vars(seen)[name], value) if isinstance(value, np.ndarray) else None
            assert same or vars(seen)[name] == value, f"{name}: run python assets/record_traversal.py"
            if isinstance(value, np.ndarray):
                assert vars(seen)[name].dtype == value.dtype


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    traces, counts = recorded.compute()
    recorded.write(traces[1:], counts[:1], tmp_path / "some.npz")
    first, second = recorded.read(tmp_path / "some.npz")
    assert isinstance(first, Trace) and first.traversal.order == "ikj" and second == counts[0]


@pytest.mark.parametrize("content", [None, b"no zip file"])
def test_without_the_file_all_is_simulated(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "first.npz"
    if content is not None:
        path.write_bytes(content)
    assert list(recorded.read(path)) == []


def test_the_first_view_waits_for_no_compiler_and_has_it_compiled_behind(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    class Never(Simulator):
        def ask(self, owner: str, group: str, work: object) -> None:  # type: ignore[override]
            asked.append(owner)

    monkeypatch.setattr(awaited, "_compile_s", lambda: 20.0)
    monkeypatch.setattr(cached, "simulations", lambda: cached.Kept(1 << 20))
    monkeypatch.setattr(cached, "short_simulator", Never)
    monkeypatch.setattr(cached, "long_simulator", Never)
    app = open_page("traversal")
    assert not app.error and not app.exception
    assert set(asked) == {readied.COMPILER}
