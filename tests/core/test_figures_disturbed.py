"""A disturbed timing has one mark of its own in every figure, and the legend says what it means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import figure_records as records
import plotly.graph_objects as go
import pytest

from accel_core.figures import PAPER, Traffic, ladder_figure, roofline_figure, sweep_figure
from accel_core.figures.drawing.look import FAMILIES, FAMILY_SYMBOLS
from accel_core.figures.drawing.marks import DISTURBED as NAME
from accel_core.model import Measurement

JOB = records.workload()
LEVELS = {"L1": 1 << 30, "L2": 1 << 28, "DRAM": 1 << 24}


def roofline(found: list[Measurement], look: Any = PAPER) -> go.Figure:
    return roofline_figure(records.machine(), records.peaks().ceilings, found, look, workloads=[JOB])


def lens(found: list[Measurement], look: Any = PAPER) -> go.Figure:
    traffic = [Traffic(m, LEVELS) for m in found]
    known: dict[str, Any] = {"workloads": [JOB], "lens": "DRAM", "traffic": traffic}
    return roofline_figure(records.machine(), records.peaks().ceilings, [], look, **known)


FIGURES: dict[str, Callable[..., go.Figure]] = {
    "ladder": lambda found, look=PAPER: ladder_figure(JOB, found, [], look),
    "sweep": lambda found, look=PAPER: sweep_figure(JOB, found, "size", look),
    "roofline": roofline,
    "lens": lens,
}
QUIET = [records.measurement(name, size=512) for name in ("compiled_ijk", "compiled_ikj", "numpy")]
MIXED = [QUIET[0], replace(QUIET[1], disturbed=True, disturbed_reason="Steal time."), QUIET[2]]


def crosses(figure: go.Figure) -> list[Any]:
    return [t for t in figure.data if t.name == NAME]


@pytest.mark.parametrize("name", FIGURES)
def test_a_disturbed_point_is_crossed_and_the_legend_says_why(name: str) -> None:
    [cross] = crosses(FIGURES[name](MIXED))
    assert cross.showlegend and cross.marker.symbol == "x-thin"
    across = list(cross.x) if name == "ladder" else list(cross.y)
    assert across == [MIXED[1].flop_per_s]


@pytest.mark.parametrize("name", FIGURES)
def test_without_a_disturbed_point_there_is_no_cross_and_no_word_of_it(name: str) -> None:
    figure = FIGURES[name](QUIET)
    assert crosses(figure) == []
    assert "disturbed" not in "".join(t.name or "" for t in figure.data)


def test_the_legend_of_a_sweep_and_a_ladder_names_the_cross_alone() -> None:
    for name in ("sweep", "ladder"):
        figure = FIGURES[name](MIXED)
        assert [t.name for t in figure.data if t.showlegend] == [NAME]
        assert figure.layout.height > FIGURES[name](QUIET).layout.height


@pytest.mark.parametrize("name", FIGURES)
def test_hollow_stays_the_mark_of_predictions(name: str) -> None:
    filled = {FAMILY_SYMBOLS[family] for family in FAMILIES}
    hovered = [t for t in FIGURES[name](MIXED).data if t.hovertext is not None and t.type == "scatter"]
    symbols = {t.marker.symbol for t in hovered if "bound" not in t.name and t.marker.symbol}
    assert symbols <= filled
    assert symbols or name == "ladder"
