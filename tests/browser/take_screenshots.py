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
from visitor import APP, button, finished, progress, rested, visit

VIEWPORT = {"width": 1440, "height": 900}
SCALE = 1.5
MEASURE_MS = 600_000
"""Longer than any of the experiments takes on a slow machine."""
MARGIN_PX = 16
EXPERIMENTS = (
    ("machine", {}),
    ("ladder", {"size": 512}),
    ("lab", {"over": "block", "size": 1024, "kernels": ["numpy_tiled", "compiled_tiled"]}),
)
"""What is measured, in this order: page and settings."""
PICTURES = {"machine": {}, "ladder": {"size": 512}, "lab": dict(EXPERIMENTS[2][1]), "roofline": {}}
"""What is photographed: page and settings. The file bears the page's name."""


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
    figure = page.locator(".js-plotly-plot").first
    page.mouse.move(0, 0)  # no hover box, no toolbar
    bring_into_view(page)
    rested(page)
    figure.locator(".main-svg").first.wait_for()
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
    """The part of the window with something in it: x, y, width, height in CSS pixels."""
    return page.evaluate(
        """margin => {
            const block = document.querySelector('[data-testid="stMainBlockContainer"]');
            const boxes = [...block.querySelectorAll('h1, .js-plotly-plot, [data-testid="stElementContainer"]')]
                .map(e => e.getBoundingClientRect())
                .filter(b => b.width && b.bottom > 0 && b.top < innerHeight);
            const left = Math.max(0, Math.min(...boxes.map(b => b.left)) - margin);
            const right = Math.min(innerWidth, Math.max(...boxes.map(b => b.right)) + margin);
            const top = Math.max(0, Math.min(...boxes.map(b => b.top)) - margin);
            const bottom = Math.min(innerHeight, Math.max(...boxes.map(b => b.bottom)) + margin);
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
        for name, settings in EXPERIMENTS:
            measure(page, url, name, dict(settings))
        for name, settings in PICTURES.items():
            photograph(page, url, name, settings, options.out / f"{name}.png")


if __name__ == "__main__":
    main()
