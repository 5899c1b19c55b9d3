"""A moving picture for the README: a click on the Ladder, its rungs as they are timed, and the Roofline.

    python tests/browser/take_film.py [--out assets/film.webp]

Measures the roofs first (about half a minute), then films what a reader does. Run it on a quiet machine. The
film plays as fast as it happened. Pillow, which writes it, comes with Streamlit.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from pathlib import Path

from browsers import chromium
from PIL import Image
from playwright.sync_api import Page
from servers import REPOSITORY, serve
from take_screenshots import MEASURE_MS, measure
from visitor import APP, button, go_to, has_no_fault, progress, rested, visit

VIEWPORT = {"width": 1440, "height": 900}
WIDTH_PX = 960
EVERY_S = 0.2
REST_S = 2.5
"""How long the beginning and the end stand still."""
QUALITY = 70
BUDGET_S = 0.5
"""For each rung: all of it takes a third of a minute."""


class Film:
    """Pictures of a page with the moment of each; what looks like the one before is left out."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._pictures: list[Image.Image] = []
        self._moments: list[float] = []

    def take(self) -> None:
        """Take a picture of the page as it is now."""
        shot = Image.open(io.BytesIO(self._page.screenshot(animations="allow"))).convert("RGB")
        picture = shot.resize((WIDTH_PX, round(WIDTH_PX * shot.height / shot.width)), Image.Resampling.LANCZOS)
        if not self._pictures or picture.tobytes() != self._pictures[-1].tobytes():
            self._pictures.append(picture)
            self._moments.append(time.monotonic())

    def hold(self, time_s: float) -> None:
        """Film for so long."""
        end = time.monotonic() + time_s
        while time.monotonic() < end:
            self.take()
            self._page.wait_for_timeout(1000 * EVERY_S)

    def save(self, target: Path) -> float:
        """Write it; how many seconds it takes to play."""
        ends = [*self._moments[1:], time.monotonic()]
        lasting = [end - at for at, end in zip(self._moments, ends, strict=True)]
        self._pictures[0].save(
            target,
            save_all=True,
            append_images=self._pictures[1:],
            duration=[round(1000 * time_s) for time_s in lasting],
            loop=0,
            quality=QUALITY,
            method=6,
        )
        return sum(lasting)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "assets/film.webp", help="the file")
    target = parser.parse_args().out
    with tempfile.TemporaryDirectory() as home, serve(APP, Path(home)) as url, chromium() as browser:
        page = browser.new_context(viewport=VIEWPORT, color_scheme="light").new_page()
        measure(page, url, "machine", {})
        visit(page, url, "ladder", budget=BUDGET_S)
        film = Film(page)
        film.hold(REST_S)
        button(page, "ladder").hover()
        film.take()
        button(page, "ladder").click()
        progress(page).wait_for()
        end = time.monotonic() + MEASURE_MS / 1000
        while progress(page).count() and time.monotonic() < end:
            film.hold(EVERY_S)
        page.mouse.move(0, 0)
        film.hold(REST_S)
        marked = page.locator(".js-plotly-plot text").filter(has_text="(disturbed)").count()
        go_to(page, "roofline")
        rested(page)
        film.hold(2 * REST_S)
        has_no_fault(page)
        length_s = film.save(target)
    print(f"{target}: {length_s:.0f} s, {target.stat().st_size / 1e6:.1f} MB, {marked} rungs disturbed")


if __name__ == "__main__":
    main()
