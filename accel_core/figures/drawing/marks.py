"""The mark of a disturbed timing, the same in every figure: a cross over the point, named in the legend.

The point keeps its filled marker: hollow ones are predictions.
"""

from __future__ import annotations

from collections.abc import Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.look import Look

NAME = "disturbed timing"
SIZE_PX, LEGEND_PX = 18, 30


def add_disturbed(figure: go.Figure, look: Look, at: Sequence[tuple[float, float]]) -> None:
    """Cross the points `at` (x, y) in data units, wider than a marker, whose shape and colour still show."""
    if at:
        figure.add_scatter(
            x=[x for x, _ in at],
            y=[y for _, y in at],
            mode="markers",
            marker={"symbol": "x-thin", "size": SIZE_PX, "line": {"width": 2, "color": look.ink}},
            name=NAME,
            hoverinfo="skip",
            showlegend=True,
        )


def add_disturbed_legend(figure: go.Figure) -> None:
    """Below a figure without a legend, one line that says what the cross means, where there is one."""
    if not any(trace.name == NAME for trace in figure.data):
        return
    figure.for_each_trace(lambda trace: trace.update(showlegend=trace.name == NAME))
    figure.update_layout(
        showlegend=True,
        height=figure.layout.height + LEGEND_PX,
        margin={"b": figure.layout.margin.b + LEGEND_PX},
        legend={"yref": "container", "y": 0, "yanchor": "bottom", "xref": "container", "x": 0},
    )
