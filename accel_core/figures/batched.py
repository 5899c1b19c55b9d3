"""A Plotly figure whose labels and shapes are checked once, however many there are."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go


class BatchedFigure(go.Figure):
    """A figure that takes annotations and shapes one by one and lays them out together, at the next look.

    Plotly itself checks all that are there whenever one comes: 18 labels cost two thirds of a ladder's time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._waiting: dict[str, list[dict[str, Any]]] = {"annotations": [], "shapes": []}
        super().__init__(*args, **kwargs)

    def add_annotation(self, arg: Any = None, **more: Any) -> BatchedFigure:
        """As Plotly's, but for when it is checked; in a subplot at once."""
        if "row" in more:
            return super().add_annotation(arg, **more)
        self._waiting["annotations"].append({**(arg or {}), **more})
        return self

    def add_shape(self, arg: Any = None, **more: Any) -> BatchedFigure:
        """As Plotly's, but for when it is checked; in a subplot at once."""
        if "row" in more:
            return super().add_shape(arg, **more)
        self._waiting["shapes"].append({**(arg or {}), **more})
        return self

    def update_xaxes(self, patch: Any = None, **more: Any) -> BatchedFigure:
        """As Plotly's; where there is no axis yet one is made, as updating takes ten times as long."""
        return self if self._make_axis("xaxis", patch, more) else super().update_xaxes(patch, **more)

    def update_yaxes(self, patch: Any = None, **more: Any) -> BatchedFigure:
        """As Plotly's, see `update_xaxes`."""
        return self if self._make_axis("yaxis", patch, more) else super().update_yaxes(patch, **more)

    def _make_axis(self, name: str, patch: Any, more: dict[str, Any]) -> bool:
        """Whether the axis could be made: no selection was asked for, and no axis of its kind is there."""
        if more.keys() & {"selector", "overwrite", "row", "col", "secondary_y"} or self._grid_ref is not None:
            return False
        layout = self.layout
        if any(key.startswith(name) for key in layout._props or {}) or any("_" in key for key in more):
            return False
        layout[name] = {**(patch or {}), **more}
        return True

    @property
    def layout(self) -> go.Layout:
        """With all that was added before."""
        self._lay_out()
        return super().layout

    @layout.setter
    def layout(self, new: Any) -> None:
        self._lay_out()
        go.Figure.layout.fset(self, new)

    def to_dict(self) -> dict[str, Any]:
        """The figure as plain data, with all that was added before."""
        self._lay_out()
        return super().to_dict()

    def _lay_out(self) -> None:
        for kind, waiting in self._waiting.items():
            if waiting:
                self._waiting[kind] = []
                found = super().layout
                found[kind] = (*found[kind], *waiting)
