"""The pictures in the README: starts the app on an empty data folder, clicks, measures, saves.

    python tests/browser/take_screenshots.py [--out assets] [--dark]

Takes about three minutes of measuring; run it on a quiet machine. The light set belongs into assets/.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from browsers import chromium
from playwright.sync_api import Browser, Page
from servers import REPOSITORY, serve
from visitor import APP, button, finished, has_no_fault, progress, rested, visit

VIEWPORT = {"width": 1440, "height": 900}
SCALE = 1.5
MEASURE_MS = 600_000
"""Longer than any of the experiments takes on a slow machine."""
MARGIN_PX = 16
SWEEP = {"over": "block", "size": 1024, "kernels": ["numpy_tiled", "compiled_tiled"]}
STEPS: tuple[tuple[str, dict, bool, bool], ...] = (
    ("machine", {}, True, True),
    ("lab", {"over": "none", "size": 128, "kernels": ["python_loops"]}, True, False),  # to extrapolate from
    ("ladder", {"size": 512}, True, True),
    ("roofline", {}, False, True),
    ("fusion", {}, True, True),
    ("lab", SWEEP, True, True),
)
"""(page, settings, whether to measure there, whether to keep its picture); the file bears the page's name."""


def measure(page: Page, url: str, name: str, settings: dict) -> None:
    """Press the page's button and wait for the end, saying on the terminal what runs."""
    visit(page, url, name, **settings)
    label = button(page, name).inner_text().splitlines()[-1]
    print(f"{name}: {label}", flush=True)
    button(page, name).click()
    progress(page).wait_for()
    progress(page).wait_for(state="detached", timeout=MEASURE_MS)
    finished(page, name)


def photograph(page: Page, url: str, name: str, settings: dict, target: Path) -> None:
    """Save the page as it opens, the figure in view, without the blank rims left and right of it."""
    visit(page, url, name, **settings)
    has_no_fault(page)
    page.mouse.move(0, 0)  # no hover box, no toolbar
    bring_into_view(page)
    rested(page)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.screenshot(path=target, clip=content(page), animations="disabled")
    print(f"{target}: {target.stat().st_size // 1024} KiB", flush=True)


def bring_into_view(page: Page) -> None:
    """Scroll down as far as the first figure needs, and never past its top."""
    page.evaluate(
        """margin => {
            const main = document.querySelector('[data-testid="stMain"]');
            const box = document.querySelector('.js-plotly-plot').getBoundingClientRect();
            const missing = box.bottom + margin - window.innerHeight;
            main.scrollTop = Math.max(0, Math.min(missing, box.top - margin));
        }""",
        MARGIN_PX,
    )


def content(page: Page) -> dict[str, float]:
    """The part of the window from the question to the end of the figure: x, y, width, height in CSS pixels."""
    return page.evaluate(
        """margin => {
            const block = document.querySelector('[data-testid="stMainBlockContainer"]');
            const title = block.querySelector('h1').getBoundingClientRect();
            const figure = block.querySelector('.js-plotly-plot').getBoundingClientRect();
            const left = Math.max(0, title.left - margin);
            const top = Math.max(0, title.bottom > 0 ? title.top - margin : figure.top - margin);
            const right = Math.min(innerWidth, figure.right + margin);
            const bottom = Math.min(innerHeight, figure.bottom + margin);
            return {x: left, y: top, width: right - left, height: bottom - top};
        }""",
        MARGIN_PX,
    )


def new_page(browser: Browser, scheme: str) -> Page:
    """A page in the light or dark theme that a README picture is taken of."""
    context = browser.new_context(viewport=VIEWPORT, device_scale_factor=SCALE, color_scheme=scheme)
    return context.new_page()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "assets", help="folder for the pictures")
    parser.add_argument("--dark", action="store_true", help="the dark theme; give another folder with --out")
    options = parser.parse_args()
    if options.dark and options.out == REPOSITORY / "assets":
        parser.error("the dark set does not replace the README's: give another folder with --out")
    if not options.out.is_dir():
        parser.error(f"{options.out} is no folder: make it first")
    with tempfile.TemporaryDirectory() as home, serve(APP, Path(home)) as url, chromium() as browser:
        page = new_page(browser, "dark" if options.dark else "light")
        for name, settings, measuring, keep in STEPS:
            if measuring:
                measure(page, url, name, settings)
            if keep:
                photograph(page, url, name, settings, options.out / f"{name}.png")


if __name__ == "__main__":
    main()
