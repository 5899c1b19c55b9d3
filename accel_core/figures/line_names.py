"""The names of lines, at their ends: inside the plot, or beside it where lines end together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import plotly.graph_objects as go

from accel_core.figures.drawing.axes import label, spread, wrap
from accel_core.figures.drawing.look import Look, faded
from accel_core.model import Measurement, Workload
from accel_core.readings.words import find_kernel

NAME_GAP_PX, TALL_GAP_PX = 24, 42
BESIDE_PX, BESIDE_CHARS = 190, 20
"""Room right of the plot for names, and how many characters a line of them has there."""


def name_inside(
    figure: go.Figure,
    look: Look,
    workload: Workload,
    lines: dict[str, list[tuple[float, Measurement]]],
    ends: Mapping[str, Sequence[float]],
    px_per_decade: float,
    roof: float | None,
    stale: str,
) -> None:
    """Each line's name at its right end: above a rising end, below a falling one or one close under the roof.

    It runs to the side with more room. Names are moved apart where two would touch.
    """
    own = {}
    for kernel_id, line in lines.items():
        end = ends[kernel_id][-1]
        falling = len(line) > 1 and end < ends[kernel_id][0]
        near = roof is not None and 0 <= math.log10(roof / end) * px_per_decade < 44
        own[kernel_id] = math.log10(end) + (-22 if falling or near else 22) / px_per_decade
    places = spread(own, NAME_GAP_PX / px_per_decade)
    middle = math.sqrt(max(line[-1][0] for line in lines.values()) * min(line[0][0] for line in lines.values()))
    for kernel_id, line in lines.items():
        kernel = find_kernel([workload], kernel_id)
        colour = look.muted if stale else look.family(kernel.family if kernel else "")
        figure.add_annotation(
            label(
                look,
                f"<b>{kernel.title if kernel else kernel_id}</b>",
                math.log10(line[-1][0]),
                places[kernel_id],
                xanchor="right" if line[-1][0] > middle else "left",
                yanchor="middle",
                bgcolor=faded(look.background, 0.8),
                font={"size": look.small_px, "color": colour},
            )
        )


def name_beside(
    figure: go.Figure,
    look: Look,
    workload: Workload,
    lines: dict[str, list[tuple[float, Measurement]]],
    ends: Mapping[str, Sequence[float]],
    px_per_decade: float,
    stale: str,
) -> None:
    """Each line's name right of the plot, joined to the line's end; the right margin grows for them."""
    figure.update_layout(margin={"r": BESIDE_PX})
    own = {kernel_id: math.log10(ends[kernel_id][-1]) for kernel_id in lines}
    places = spread(own, TALL_GAP_PX / px_per_decade)
    for kernel_id, line in lines.items():
        kernel = find_kernel([workload], kernel_id)
        colour = look.muted if stale else look.family(kernel.family if kernel else "")
        figure.add_annotation(
            x=math.log10(line[-1][0]),
            y=own[kernel_id],
            ax=34,
            ay=-(places[kernel_id] - own[kernel_id]) * px_per_decade,
            xanchor="left",
            yanchor="middle",
            align="left",
            standoff=7,
            showarrow=True,
            arrowhead=0,
            arrowwidth=1.5,
            arrowcolor=colour,
            text=f"<b>{wrap(kernel.title if kernel else kernel_id, BESIDE_CHARS)}</b>",
            font={"size": look.small_px, "color": colour},
        )
