"""BatchedFigure: whatever is asked of it, it is the figure that Plotly's own would be."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable

import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st

from accel_core.figures.drawing.batched import BatchedFigure

Step = Callable[[go.Figure], object]
STEPS: dict[str, Step] = {
    "a label": lambda f: f.add_annotation(text="a", x=1, y=2, showarrow=False),
    "a label as data": lambda f: f.add_annotation({"text": "b", "x": 3}, y=4),
    "a shape": lambda f: f.add_shape(type="line", x0=0, x1=1, y0=0, y1=1),
    "a line across": lambda f: f.add_hline(y=0.5, annotation_text="c"),
    "an axis": lambda f: f.update_xaxes({"type": "log", "title": {"text": "x"}}, range=[0, 1]),
    "another axis": lambda f: f.update_yaxes(visible=False, title_text="y"),
    "an axis of some": lambda f: f.update_xaxes({"visible": False}, selector={"visible": True}),
    "a trace": lambda f: f.add_scatter(x=[1, 2], y=[3, 4]),
    "a trace as an object": lambda f: f.add_trace(go.Bar(x=[5])),
    "a bar": lambda f: f.add_bar(x=[1], y=[2], marker={"color": "red", "line": {"width": 1}}, xaxis="x3"),
    "other traces": lambda f: f.update_traces(name="e"),
    "each trace": lambda f: f.for_each_trace(lambda trace: trace.update(showlegend=False)),
    "fewer traces": lambda f: setattr(f, "data", f.data[:1]),
    "a layout": lambda f: f.update_layout(title="d", height=300),
    "a place of the title": lambda f: f.update_layout({"title": {"x": 0.5, "font": {"size": 9}}}),
    "a title of an axis": lambda f: f.update_layout(
        xaxis={"title": "x", "range": [0, 1]}, xaxis3={"side": "top"}
    ),
    "a font of an axis": lambda f: f.update_layout(xaxis={"title": {"font": {"size": 9}}, "range": [2, 3]}),
    "no title": lambda f: f.update_layout(title=None, xaxis={"title": None}),
    "margins": lambda f: f.update_layout(margin={"t": 8}, barmode="overlay"),
    "a wider margin": lambda f: f.update_layout(margin={"t": 9, "b": 7}, margin_l=3),
    "a layout and no more": lambda f: f.update_layout({"margin": {"r": 1}}, overwrite=True),
    "a layout as an object": lambda f: f.update_layout(go.Layout(legend={"x": 1})),
    "a legend as an object": lambda f: f.update_layout(legend=go.layout.Legend(y=2)),
    "all labels anew": lambda f: f.update_layout(annotations=[{"text": "only"}]),
    "other colours": lambda f: f.update_annotations(font_color="red"),
    "a look": lambda f: len(f.layout.annotations) + len(f.layout.shapes),
    "another layout": lambda f: setattr(f, "layout", {"width": 200}),
    "a trace by its name": lambda f: f.data and f.update(data=[{"name": "f"}]),
    "the first axis by number": lambda f: f.update_layout(xaxis1={"domain": [0, 0.5]}),
    "a dotted layout": lambda f: f.update_layout({"margin.l": 4, "title.text": "g"}),
    "nothing of a title": lambda f: f.update_layout(title={}),
    "a note": lambda f: f.update_layout(meta=[1, "a"]),
    "a note as data": lambda f: f.update_layout(meta={"b": 1}),
    "a look past the properties": lambda f: len(f["data"]) + len(f["layout"].shapes),
    "a look at traces": lambda f: [trace.type for trace in f.data],
    "nothing more": lambda f: f.to_dict(),
}


@given(st.lists(st.sampled_from(sorted(STEPS)), max_size=8))
def test_any_steps_give_the_figure_that_plotly_gives(names: list[str]) -> None:
    ours, theirs = BatchedFigure(), go.Figure()
    for name in names:
        STEPS[name](ours)
        STEPS[name](theirs)
    assert json.loads(ours.to_json()) == json.loads(theirs.to_json())  # in whatever order its parts come
    copied = copy.deepcopy(theirs).to_dict()  # which leaves out what is empty
    assert copy.deepcopy(ours).to_dict() == pickle.loads(pickle.dumps(ours)).to_dict() == copied
    assert go.Figure(ours).to_dict() == go.Figure(theirs).to_dict()


def test_a_wrong_trace_takes_no_other_along() -> None:
    figure = BatchedFigure()
    figure.add_scatter(x=[1])
    figure.add_bar(nonsense=3)
    figure.add_bar(x=[2])
    with pytest.raises(ValueError, match="nonsense"):
        figure.to_dict()
    assert [trace.type for trace in figure.data] == ["scatter", "bar"]


def test_a_layout_that_is_none_is_refused_as_plotly_does() -> None:
    with pytest.raises(ValueError, match="annotations"):
        BatchedFigure().update_layout(annotations={0: "a"})


def test_what_plotly_would_refuse_is_refused_when_it_is_looked_at() -> None:
    figure = BatchedFigure()
    figure.add_annotation(text="a", colour="red")
    with pytest.raises(ValueError, match="colour"):
        figure.to_dict()
