"""Figures as files: one HTML page that needs no network, and the toolbar's picture settings."""

from __future__ import annotations

import html
import json
from typing import Any

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from accel_core.errors import BadInput, quoted

FORMS = ("png", "svg")
PNG_SCALE = 2
_BUTTONS = ["toImage", "select2d", "lasso2d", "autoScale2d"]

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>html, body {{ margin: 0; background: {background}; }}</style>
<script>{plotly}</script>
</head>
<body>
<div id="figure"></div>
<script>
const figure = {figure};
const save = (format, scale) => (gd) => Plotly.downloadImage(gd, {{
  format, scale, filename: {filename}, width: {width}, height: {height},
}});
const button = (name, title, icon, click) => ({{ name, title, icon, click }});
const config = {{
  responsive: true, displaylogo: false, showSendToCloud: false, displayModeBar: true,
  modeBarButtonsToRemove: {buttons},
  modeBarButtonsToAdd: [
    button("png", "Save as PNG, twice the size", Plotly.Icons.camera, save("png", {scale})),
    button("svg", "Save as SVG", Plotly.Icons.disk, save("svg", 1)),
  ],
}};
Plotly.newPlot("figure", figure.data, figure.layout, config);
</script>
</body>
</html>
"""


def figure_html(figure: go.Figure, title: str = "Accel Explorer", filename: str = "accel") -> str:
    """A self-contained page (plotly.js inside, about 5 MB) whose toolbar saves a 2x PNG and an SVG."""
    return _PAGE.format(
        title=html.escape(title),
        background=figure.layout.paper_bgcolor or "#FFFFFF",
        plotly=get_plotlyjs(),
        figure=_script_safe(figure.to_json()),
        filename=_script_safe(json.dumps(filename)),
        width=figure.layout.meta["width"],
        height=figure.layout.height,
        buttons=json.dumps(_BUTTONS),
        scale=PNG_SCALE,
    )


def toolbar_config(filename: str, form: str = "png", figure: go.Figure | None = None) -> dict[str, Any]:
    """Plotly's `config` for a page: the camera saves `form`, "png" (twice the size) or "svg".

    A picture of `figure` has the size that it is laid out for, whatever window it is seen in.

    A toolbar described by JSON has one camera with one format (plotly.js, `toImageButtonOptions`); a second
    button needs a function, as in `figure_html`. Hence a page asks for the format beside the figure.
    """
    if form not in FORMS:
        raise BadInput(
            f"A picture is saved as {' or '.join(FORMS)}, not as {quoted(form)}; choose one of these."
        )
    layout = {} if figure is None else figure.to_dict()["layout"]
    size = {"width": layout["meta"]["width"], "height": layout["height"]} if "meta" in layout else {}
    return {
        "displaylogo": False,
        "showSendToCloud": False,
        "displayModeBar": True,
        "responsive": True,
        "scrollZoom": False,
        "modeBarButtonsToRemove": _BUTTONS[1:],
        "toImageButtonOptions": {
            "format": form,
            "filename": filename,
            "scale": PNG_SCALE if form == "png" else 1,
            **size,
        },
    }


def _script_safe(text: str) -> str:
    """JSON that cannot end the <script> element it stands in."""
    return text.replace("</", "<\\/").replace("<!--", "<\\!--")
