"""A figure drawn larger is the same picture: lengths in pixels grow by the factor, data and places stay."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import plotly.graph_objects as go
import pytest
from test_figures import all_figures

from accel_core.figures import look_for
from accel_core.figures.drawing.look import LEAST_PX
from accel_core.figures.drawing.scaling import scaled

FACTOR = 1.5
FIGURES = {name: figure.to_dict() for name, figure in all_figures(look_for("dark", width_px=700)).items()}


def sizes(thing: Any) -> list[float]:
    """Sizes of all texts."""
    if isinstance(thing, dict):
        here = [value["size"] for key, value in thing.items() if "font" in key and "size" in (value or {})]
        return here + [size for value in thing.values() for size in sizes(value)]
    return [size for one in thing for size in sizes(one)] if isinstance(thing, list | tuple) else []


@pytest.mark.parametrize("name", FIGURES)
def test_all_text_and_the_picture_grow_and_the_data_stay(name: str) -> None:
    plain = FIGURES[name]
    kept = deepcopy(plain)
    larger = scaled(plain, FACTOR)
    assert repr(plain) == repr(kept), "what all sessions share was changed"
    assert sizes(larger["layout"]) == pytest.approx([FACTOR * size for size in sizes(plain["layout"])])
    assert min(sizes(larger["layout"])) >= FACTOR * LEAST_PX
    assert larger["layout"]["height"] == pytest.approx(FACTOR * plain["layout"]["height"])
    for before, after in zip(plain["data"], larger["data"], strict=True):
        assert all(before[key] is after[key] for key in ("x", "y", "width", "customdata") if key in before)
    go.Figure(larger)  # Plotly takes it


@pytest.mark.parametrize("name", FIGURES)
def test_what_was_drawn_larger_and_smaller_again_is_as_before(name: str) -> None:
    assert repr(scaled(scaled(FIGURES[name], 2.0), 0.5)) == repr(scaled(FIGURES[name], 1.0))


def test_a_length_is_a_length_only_where_plotly_counts_it_in_pixels() -> None:
    layout = {
        "annotations": [{"ax": 3.0, "axref": "x", "ay": -20, "text": "size"}],
        "shapes": [{"x0": 4, "x1": 8, "xsizemode": "pixel", "y0": 1, "y1": 2, "line": {"dash": "9px,4px"}}],
        "template": {"layout": {"margin": {"l": 5}}},
    }
    trace = {"type": "bar", "width": [0.5], "y": [2], "marker": {"size": [4, 6], "line": {"width": 2}}}
    larger = scaled({"data": [trace], "layout": layout}, 2.0)
    assert larger["layout"]["annotations"] == [{"ax": 3.0, "axref": "x", "ay": -40, "text": "size"}]
    shape = {"x0": 8, "x1": 16, "xsizemode": "pixel", "y0": 1, "y1": 2, "line": {"dash": "18px,8px"}}
    assert larger["layout"]["shapes"] == [shape] and larger["layout"]["template"] == layout["template"]
    assert larger["data"] == [{**trace, "marker": {"size": [8, 12], "line": {"width": 4}}}]
