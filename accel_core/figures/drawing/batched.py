"""A Plotly figure that is checked once, however many parts it is put together from."""

from __future__ import annotations

from typing import Any

import plotly.graph_objects as go


class BatchedFigure(go.Figure):
    """A figure that takes traces, labels, shapes and layout one by one and checks them at the next look.

    Plotly itself checks all that is there whenever something comes: that was two thirds of a ladder's time.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._waiting_traces: list[dict[str, Any]] = []
        self._waiting_layout: dict[str, Any] = {}
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

    def add_bar(self, **more: Any) -> BatchedFigure:
        """As Plotly's, but for when it is checked; in a subplot at once."""
        return self if self._take_trace("bar", more) else super().add_bar(**more)

    def add_scatter(self, **more: Any) -> BatchedFigure:
        """As Plotly's, but for when it is checked; in a subplot at once."""
        return self if self._take_trace("scatter", more) else super().add_scatter(**more)

    def _take_trace(self, kind: str, more: dict[str, Any]) -> bool:
        if more.keys() & {"row", "col", "secondary_y"}:
            return False
        self._waiting_traces.append({"type": kind, **more})
        return True

    def add_traces(self, *args: Any, **more: Any) -> BatchedFigure:
        """As Plotly's, after those that were added before."""
        self._lay_out()
        return super().add_traces(*args, **more)

    def update_layout(self, patch: Any = None, overwrite: bool = False, **more: Any) -> BatchedFigure:
        """As Plotly's, but for when plain data is checked."""
        for part in filter(None, (patch, more)):
            if not overwrite and isinstance(part, dict) and self._can_wait(part):
                self._waiting_layout = _merge(self._waiting_layout, part)
            else:
                super().update_layout(part, overwrite=overwrite)
        return self

    def _can_wait(self, patch: dict[str, Any]) -> bool:
        """Whether merging these values is all that Plotly does with them."""
        return _plain(patch) and _meets(self._waiting_layout, patch)

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
        axis = {**(patch or {}), **more}
        there = (super().layout._props or {}).keys() | self._waiting_layout.keys()
        if any(key.startswith(name) for key in there) or not _plain(axis):
            return False
        self._waiting_layout[name] = axis
        return True

    @property
    def data(self) -> tuple[Any, ...]:
        """With all that was added before."""
        self._lay_out()
        return super().data

    @data.setter
    def data(self, new: Any) -> None:
        """Take other traces."""
        self._lay_out()
        go.Figure.data.fset(self, new)

    @property
    def layout(self) -> go.Layout:
        """With all that was added before."""
        self._lay_out()
        return super().layout

    @layout.setter
    def layout(self, new: Any) -> None:
        """Take another layout."""
        self._lay_out()
        go.Figure.layout.fset(self, new)

    def __getitem__(self, key: Any) -> Any:
        """As Plotly's, which passes the properties by, with all that was added before."""
        self._lay_out()
        return super().__getitem__(key)

    def to_dict(self) -> dict[str, Any]:
        """The figure as plain data, with all that was added before."""
        self._lay_out()
        return super().to_dict()

    def _lay_out(self) -> None:
        traces, self._waiting_traces = self._waiting_traces, []
        try:
            if traces:
                super().add_traces(traces)
        except ValueError:  # one is wrong, which takes no other along
            for at, trace in enumerate(traces):
                try:
                    super().add_traces([trace])
                except ValueError:
                    self._waiting_traces = traces[at + 1 :]
                    raise
        if patch := self._waiting_layout:
            self._waiting_layout = {}
            layout = super().layout
            known = {key: value for key, value in (layout._props or {}).items() if key in patch}
            for key, value in _merge(known, patch).items():
                layout[key] = value
        for kind, waiting in self._waiting.items():
            if waiting:
                self._waiting[kind] = []
                found = super().layout
                found[kind] = (*found[kind], *waiting)


ANYTHING = "meta"
"""A property that takes whatever it is given, dictionaries too."""


def _plain(value: Any) -> bool:
    """Whether setting such a value means to merge dictionaries and to replace all else."""
    if isinstance(value, dict):
        return bool(value) and all(_is_simple(key) and _plain(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(isinstance(one, str | int | float) for one in value)
    return isinstance(value, str | int | float)


def _is_simple(key: object) -> bool:
    """Whether `key` names one property: "title_text" and "title.text" name two, "xaxis1" is "xaxis"."""
    simple = isinstance(key, str) and key.isidentifier() and "_" not in key and not key.endswith("1")
    return simple and key != ANYTHING


def _meets(known: dict[str, Any], patch: dict[str, Any]) -> bool:
    """Whether dictionaries meet dictionaries only: a title may be its text, which Plotly alone can add to."""
    return all(
        isinstance(known[key], dict) and _meets(known[key], patch[key])
        for key in known.keys() & patch.keys()
        if isinstance(patch[key], dict)
    )


def _merge(known: dict[str, Any], patch: dict[str, Any]) -> dict[str, Any]:
    """`known` with the values of `patch`, dictionaries merged; neither is changed."""
    both = dict(known)
    for key, value in patch.items():
        both[key] = _merge(both.get(key) or {}, value) if isinstance(value, dict) else value
    return both
