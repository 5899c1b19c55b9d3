"""The panel of simulated misses under a sweep over the block."""

from __future__ import annotations

import figure_records as records
import plotly.graph_objects as go
import pytest

from accel_core.figures import PAPER, misses_alt, sweep_figure
from accel_core.figures.misses import LOWER_PX, add_misses

MISSES = {"L1": [(8.0, 5.0), (16.0, 2.0), (512.0, 500.0)], "L2": [(8.0, 1.0), (16.0, 0.9), (512.0, 20.0)]}


def sweep() -> go.Figure:
    return sweep_figure(records.workload(), records.sweep(), "block", PAPER)


def test_misses_stand_under_the_sweep_on_its_axis_with_their_unit() -> None:
    figure = sweep()
    add_misses(figure, PAPER, MISSES, title="compiled_tiled")
    lower = {t.name: t for t in figure.data if t.yaxis == "y2"}
    assert set(lower) == {"L1 misses", "L2 misses"}
    assert list(lower["L1 misses"].x) == [8, 16, 512] and list(lower["L1 misses"].y) == [5, 2, 500]
    assert all(t.xaxis in (None, "x") for t in figure.data)
    assert figure.layout.yaxis2.title.text == "Misses for 1,000 FLOP"
    assert figure.layout.yaxis2.domain[1] < figure.layout.yaxis.domain[0]


def test_the_sweep_keeps_its_height_above_the_misses() -> None:
    plain, figure = sweep(), sweep()
    add_misses(figure, PAPER, MISSES, title="compiled_tiled")
    margin = plain.layout.margin.t + plain.layout.margin.b
    low, high = figure.layout.yaxis.domain
    assert (figure.layout.height - margin) * (high - low) == pytest.approx(plain.layout.height - margin)
    assert figure.layout.height > plain.layout.height + LOWER_PX


def test_without_misses_the_sweep_stays_as_it_is() -> None:
    figure = sweep()
    add_misses(figure, PAPER, {"L1": [(8.0, 0.0)]}, title="compiled_tiled")
    assert figure == sweep()


def test_every_level_is_named_inside_its_panel() -> None:
    figure = sweep()
    add_misses(figure, PAPER, MISSES, title="compiled_tiled")
    low, high = figure.layout.yaxis2.range
    names = [a for a in figure.layout.annotations if a.yref == "y2"]
    assert [a.text for a in names] == ["<b>L2</b>", "<b>L1</b>"] and all(low < a.y < high for a in names)


def test_the_misses_can_be_heard() -> None:
    said = misses_alt(MISSES, "compiled_tiled")
    assert "simulated misses of compiled_tiled for 1,000 FLOP" in said
    assert "L1 5.00 at block 8, 500 at 512, fewest 2.00 at 16; L2" in said
    assert misses_alt({}, "compiled_tiled") == ""
