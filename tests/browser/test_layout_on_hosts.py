"""The figures of other computers, as their pages draw them: nothing is cut off, no text lies on another.

A page runs without a server, and a bare one in the browser draws its figures, which costs a twentieth of a
whole page there. The widths are those that the whole pages leave for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import plotly
import pytest
import streamlit as st
from layout import PHONE, clipped, on_markers, overlapping
from playwright.sync_api import Browser, Page
from recorded_hosts import ON_EACH, forget_the_machine
from streamlit.testing.v1 import AppTest
from visitor import APP, VIEWPORT, WAIT_MS, WIDE_LETTERS, fill, fill_threads, store_of

from accel_core.figures import Traffic
from accel_core.model import DRAM, Machine, Measurement, Workload
from accel_core.readings.lenses import LENSES
from accel_core.studies.record import Record
from app.roofline import lens
from app.session import cached
from app.traversal import choices
from app.traversal import picture as traversal_page
from app.traversal import runs as traversal_runs
from app.traversal.player import assets
from app.traversal.player.payload import Lane, payload

THREADED = ["numpy", "packed_threads", "row_threads"]
LINKS: dict[str, tuple[str, dict[str, Any]]] = {
    "machine": ("machine", {}),
    "ladder": ("ladder", {}),
    "block sweep": ("lab", {"over": "block", "size": "1024"}),
    "threads sweep": ("lab", {"over": "threads", "size": "256", "kernels": THREADED}),
    "panels": ("panels", {"size": "1024"}),
    "panels, deep": ("panels", {"size": "1024", "kc": "2048"}),
    "roofline": ("roofline", {}),
    **{f"roofline, lens {name}": ("roofline", {"lens": name}) for name in LENSES},
}
"""What is looked at: its page, and what the link says."""
TIMES_THE_LEAST = {
    "matmul/compiled_ijk": (171, 1382),
    "matmul/compiled_tiled": (181, 7.82),
    "matmul/register_tile": (43.3, 90.2),
    "matmul/compiled_ikj": (256, 86.3),
}
"""Bytes that L1 and L2 of 48 KiB and 1 MiB deliver at N=256 in float32, as simulated, in parts of the least."""
FURTHER = 1.33
"""From any level behind them: there all of it fits."""
WIDTHS_PX = {"desktop": 1035, "phone": 354}
BESIDE_THE_CONTROLS_PX = {"block sweep": 698, "threads sweep": 698, "panels": 698, "panels, deep": 698}
"""Of the desktop's: on a phone they lie below them."""
SCREENS = {"desktop": {"viewport": VIEWPORT}, "phone": PHONE}
PLOTLY = Path(plotly.__file__).parent / "package_data" / "plotly.min.js"
BARE = "<!doctype html><body style='margin: 0'></body>"
DRAW = """([spec, width]) => {
    document.body.innerHTML = "<div id='figure'></div>";
    const figure = document.getElementById('figure'), {data, layout} = JSON.parse(spec);
    Object.assign(figure.style, {width: `${width}px`, height: `${layout.height}px`});
    return Plotly.newPlot(figure, data, {...layout, width}).then(() => null);
}"""
PLAY = """async ([script, html, css, data, width]) => {
    const module = await import(URL.createObjectURL(new Blob([script], {type: 'text/javascript'})));
    document.body.innerHTML = `<div id='figure' style='width: ${width}px'><style>${css}</style>${html}</div>`;
    const root = document.getElementById('figure');
    module.default({data, parentElement: root, setStateValue: () => null});
}"""
CHOSEN = {
    "order": "ijk",
    "beside": "ikj",
    "n": 32,
    "tiles": "none",
    "cache": choices.OWN,
    "visit": "loops",
    "layout": "row",
    "pad": 0,
}
STEP = 401
Figures = list[tuple[str, str]]


@pytest.fixture(scope="module")
def bare(browser: Browser) -> Iterator[dict[str, Page]]:
    """Each screen's empty page, which can draw figures, with letters a seventh wider than Arial's."""
    pages = {}
    for screen, options in SCREENS.items():
        context = browser.new_context(**options)
        context.set_default_timeout(WAIT_MS)
        context.add_init_script(WIDE_LETTERS)
        pages[screen] = context.new_page()
        pages[screen].goto("about:blank")
        pages[screen].set_content(BARE)
        pages[screen].add_script_tag(path=PLOTLY)
        pages[screen].evaluate("() => document.fonts.ready.then(() => null)")
    yield pages
    for page in pages.values():
        page.context.close()


@pytest.fixture(scope="module")
def figures(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Figures]:
    """[(what is looked at, its figure as data)] of each screen, of a reader who has measured on the host."""
    home = tmp_path_factory.mktemp("filled-home")
    fill(home)
    fill_threads(home, THREADED)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ACCEL_HOME", str(home))
        patch.setenv("ACCEL_QUEUE", str(home))
        patch.setenv("ACCEL_STORE_URL", store_of(home).url)
        patch.setattr(lens, "traffic", traffic)
        found = {}
        for screen in SCREENS:
            said = {"User-Agent": SCREENS[screen].get("user_agent", "")}
            patch.setattr(type(st.context), "headers", property(lambda self, said=said: said))
            forget_the_machine()
            st.cache_data.clear()
            st.cache_resource.clear()
            found[screen] = [(name, figure) for name, at in LINKS.items() for figure in figures_of(*at)]
        assert not cached.stored(host.fingerprint).fault
        return found


def figures_of(page: str, link: dict[str, Any]) -> list[str]:
    """The figures of a page as a link opens it."""
    app = AppTest.from_file(str(APP), default_timeout=WAIT_MS / 1000)
    if page != "machine":
        app.switch_page(f"{page}/{page}.py")
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    charts = app.get("plotly_chart")
    assert not (cached.machine().caches and any("nothing simulated" in chart.proto.alt for chart in charts))
    return [chart.proto.spec for chart in charts]


def traffic(
    record: Record,
    workload: Workload,
    kernels: Sequence[str],
    dtype: str,
    threads: int,
    since: str,
    block: int | None,
) -> list[Traffic]:
    """What a lens shows of the record behind the host's caches, without the seconds of a simulation."""
    levels = [*(cache.level for cache in record.machine.caches), DRAM]
    points = lens.measured(record, workload, kernels, dtype, since, block) if record.machine.caches else []
    return [Traffic(m, dict(zip(levels, simulated_bytes(m), strict=False))) for m in points]


def simulated_bytes(m: Measurement) -> list[int]:
    """What each level delivers, from near to far."""
    return [round(times * m.least_bytes) for times in (*TIMES_THE_LEAST[m.kernel], FURTHER, FURTHER)]


def faults(page: Page, figure: str) -> list[str]:
    return [f"cut off: {text}" for text in clipped(page, figure)] + overlapping(page, figure)


@ON_EACH
@pytest.mark.parametrize("screen", SCREENS)
def test_no_text_of_a_hosts_figures_is_cut_off_or_lies_on_another(
    bare: dict[str, Page], figures: dict[str, Figures], screen: str
):
    page = bare[screen]
    found = {}
    for number, (name, spec) in enumerate(figures[screen]):
        width = BESIDE_THE_CONTROLS_PX.get(name) if screen == "desktop" else None
        page.evaluate(DRAW, [spec, width or WIDTHS_PX[screen]])
        wrong = faults(page, "#figure")
        if "lens" in name:
            wrong += [f"on a dot: {text}" for text in on_markers(page, "#figure")]
        if wrong:
            found[f"{name} {number}"] = wrong
    assert {name for name, _ in figures[screen]} == set(LINKS)
    assert found == {}


@ON_EACH
@pytest.mark.parametrize("screen", SCREENS)
def test_no_text_of_the_player_with_a_hosts_caches_is_cut_off_or_lies_on_another(
    bare: dict[str, Page], host: Machine, screen: str
):
    page = bare[screen]
    own = choices.known_caches(host)
    chosen = {**CHOSEN, "cache": choices.OWN if own else choices.TINY}
    runs = traversal_runs.runs(choices.traversals(chosen), choices.caches(chosen, host))
    footer = traversal_page.footer(chosen["cache"], runs)
    data = {**payload([Lane(run.title, run.trace) for run in runs], STEP, footer), "asked": 0}
    page.evaluate(
        PLAY, [assets.script(), assets.read("player.html"), assets.read("player.css"), data, WIDTHS_PX[screen]]
    )
    with page.expect_download() as saved:
        page.get_by_role("button", name="SVG").click()
    svg = Path(saved.value.path()).read_text(encoding="utf-8")
    page.evaluate("svg => { document.getElementById('figure').innerHTML = svg; }", svg)
    assert "L1" in svg and f"{own[0].ways} ways" in svg if own else "L1" in svg
    assert faults(page, "#figure svg") == []
