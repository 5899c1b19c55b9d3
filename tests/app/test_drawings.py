"""Figures that sessions share: made once for the same, and never shown for something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import plotly.graph_objects as go
import pytest
from conftest import Open
from figure_records import ladder, machine, measurement, peaks
from records_of import store_ladder, store_peaks, store_sweep

from accel_core import registry
from accel_core.figures import hierarchy_figure, ladder_figure, look_for
from app.session import cached, drawings

WORKLOAD = registry.workload("matmul")
LIGHT, DARK = look_for("light"), look_for("dark")
PAGES = {
    "machine": {},
    "ladder": {"size": "512"},
    "lab": {"size": "1024"},
    "panels": {},
    "roofline": {},
    "fusion": {},
    "transformer": {"guess.prefill.numpy": "softmax"},
    "traversal": {},
    "backends": {},
}


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The keys of all figures that are made from here on."""
    keys: list[bytes] = []
    put = type(cached.drawings()).put

    def noted(kept: Any, key: Any, value: Any) -> None:
        keys.append(key)
        put(kept, key, value)

    monkeypatch.setattr(type(cached.drawings()), "put", noted)
    return keys


CALLS: list[object] = []


def one(*args: object) -> go.Figure:
    """A figure that says how often one was made."""
    CALLS.append(args)
    return go.Figure(layout={"title": {"text": repr(len(CALLS))}})


def other(*args: object) -> go.Figure:
    return one(*args)


@pytest.fixture
def calls() -> list[object]:
    CALLS.clear()
    return CALLS


def test_a_drawing_is_the_figure_that_was_made() -> None:
    args = (WORKLOAD, ladder(), [], LIGHT)
    drawn = drawings.drawn(ladder_figure, *args)
    assert isinstance(drawn, go.Figure) and drawn.to_dict() == ladder_figure(*args).to_dict()
    assert drawings.drawn(ladder_figure, *args).to_dict() is drawn.to_dict()


def test_equal_things_meet_though_they_are_others(calls: list[object]) -> None:
    first = drawings.drawn(one, WORKLOAD, ladder(), machine(), peaks(), LIGHT)
    again = drawings.drawn(one, WORKLOAD, ladder(), machine(), peaks(), look_for("light"))
    assert len(calls) == 1 and first.to_dict() is again.to_dict()


@pytest.mark.parametrize(
    "things",
    [
        (WORKLOAD.only(("numpy",)), ladder(), machine(), peaks(), LIGHT),
        (registry.workload("gelu"), ladder(), machine(), peaks(), LIGHT),
        (WORKLOAD, ladder()[1:], machine(), peaks(), LIGHT),
        (WORKLOAD, [replace(ladder()[0], id="another"), *ladder()[1:]], machine(), peaks(), LIGHT),
        (WORKLOAD, ladder(), replace(machine(), caches=()), peaks(), LIGHT),
        (WORKLOAD, ladder(), machine(), replace(peaks(), latencies=()), LIGHT),
        (WORKLOAD, ladder(), machine(), peaks(), DARK),
        (WORKLOAD, ladder(), machine(), peaks(), look_for("light", width_px=400)),
        (WORKLOAD, ladder(), machine(), peaks(), look_for("light", font_px=18)),
    ],
)
def test_whatever_differs_is_another_figure(things: tuple[object, ...], calls: list[object]) -> None:
    drawings.drawn(one, WORKLOAD, ladder(), machine(), peaks(), LIGHT)
    drawings.drawn(one, *things)
    assert len(calls) == 2


def test_two_functions_or_options_of_the_same_things_are_two_figures(calls: list[object]) -> None:
    for make in (one, other, one):
        drawings.drawn(make, machine(), LIGHT)
    assert len(calls) == 2
    plain = [drawings.drawn(hierarchy_figure, machine(), peaks(), LIGHT, sample=s).to_dict() for s in (1, 0)]
    assert plain[0] != plain[1]


@pytest.mark.parametrize("page", PAGES)
def test_a_second_session_makes_no_figure_of_the_same_records_anew(
    open_page: Open, page: str, made: list[bytes]
) -> None:
    store_peaks()
    store_ladder()
    store_sweep()
    open_page(page, **PAGES[page])
    first = list(made)
    assert len(first) == len(set(first)) and (first or page == "traversal")
    app = open_page(page, **PAGES[page])
    app.run()
    assert made == first


def test_a_new_record_is_drawn(open_page: Open, made: list[bytes]) -> None:
    store_peaks()
    store_ladder()
    open_page("ladder", size="512")
    before = len(made)
    from records_of import store_measurements

    newest = replace(measurement("numpy", 1e9), created="2100-01-01T00:00:00+00:00", id="newest")
    usual = registry.usual(newest.kernel)
    store_measurements([replace(newest, size=512, shape=(512, 512, 512), parameters=usual)])
    open_page("ladder", size="512")
    assert len(made) == before + 1
