"""A moving picture for the README: a click on the Ladder, its rungs as they are timed, and the Roofline.

    python tests/browser/take_film.py [--out assets/film.webp]

Measures the roofs first (about half a minute), then films what a reader does, anew until no rung is marked as
disturbed. Run it on a quiet machine. While rungs are timed, frames are rare, and the browser keeps off the
processor that is measured. The film plays as fast as it happened. Pillow writes it, which comes with Streamlit.
"""

from __future__ import annotations

import argparse
import io
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browsers import chromium
from PIL import Image
from playwright.sync_api import Page
from servers import REPOSITORY, serve
from take_screenshots import MEASURE_MS, TRIES, measure
from visitor import APP, button, go_to, has_no_fault, progress, rested, visit

from accel_core.machine import allowed_cpus, detect, measuring_cpus, pin_current_process, unpin_current_process

VIEWPORT = {"width": 1440, "height": 900}
WIDTH_PX = 960
EVERY_S = 0.2
RARELY_S = 1.5
"""While rungs are timed. A frame takes a tenth or two, and what comes for less than half of the time moves no
median: not that of the samples, nor that of the probe between them."""
REST_S = 2.5
"""How long the beginning and the end stand still."""
QUALITY = 70
BUDGET_S = 0.5
"""For each rung: all of it takes a third of a minute."""


class Film:
    """Pictures of a page with the moment of each; what looks like the one before is left out."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._shots: list[bytes] = []
        self._moments: list[float] = []

    def take(self) -> None:
        """Take a picture of the page as it is now."""
        shot = self._page.screenshot(animations="allow")
        if not self._shots or shot != self._shots[-1]:
            self._shots.append(shot)
            self._moments.append(time.monotonic())

    def hold(self, time_s: float, every_s: float = EVERY_S) -> None:
        """Film for so long."""
        end = time.monotonic() + time_s
        while time.monotonic() < end:
            self.take()
            self._page.wait_for_timeout(1000 * every_s)

    def save(self, target: Path) -> float:
        """Write it; how many seconds it takes to play."""
        ends = [*self._moments[1:], time.monotonic()]
        lasting = [end - at for at, end in zip(self._moments, ends, strict=True)]
        first, *others = map(smaller, self._shots)
        first.save(
            target,
            save_all=True,
            append_images=others,
            duration=[round(1000 * time_s) for time_s in lasting],
            loop=0,
            quality=QUALITY,
            method=6,
        )
        return sum(lasting)


def smaller(shot: bytes) -> Image.Image:
    """A screenshot, WIDTH_PX wide."""
    picture = Image.open(io.BytesIO(shot)).convert("RGB")
    height = round(WIDTH_PX * picture.height / picture.width)
    return picture.resize((WIDTH_PX, height), Image.Resampling.LANCZOS)


@contextmanager
def aside() -> Iterator[None]:
    """Keep this process, and what it starts meanwhile, off the processor that a job on one thread measures."""
    free = set(allowed_cpus()) - set(measuring_cpus(detect(), 1))
    if free:
        pin_current_process(free)
    try:
        yield
    finally:
        unpin_current_process()


def measure_roofs(home: Path) -> None:
    """Measure the roofs on the page that offers it; their records go to `home`."""
    with serve(APP, home) as url, chromium() as browser:
        measure(browser.new_page(), url, "machine", {})


def take_film(home: Path, target: Path) -> int:
    """Film it with the roofs in `home`; how many rungs were disturbed, and only without any it is saved."""
    with serve(APP, home) as url, aside(), chromium() as browser:
        page = browser.new_context(viewport=VIEWPORT, color_scheme="light").new_page()
        visit(page, url, "ladder", budget=BUDGET_S)
        film = Film(page)
        film.hold(REST_S)
        button(page, "ladder").hover()
        film.take()
        button(page, "ladder").click()
        progress(page).wait_for()
        end = time.monotonic() + MEASURE_MS / 1000
        while progress(page).count() and time.monotonic() < end:
            film.hold(RARELY_S, RARELY_S)
        page.mouse.move(0, 0)
        film.hold(REST_S)
        marked = page.locator(".js-plotly-plot text").filter(has_text="(disturbed)").count()
        go_to(page, "roofline")
        rested(page)
        film.hold(2 * REST_S)
        has_no_fault(page)
        if not marked:
            length_s = film.save(target)
            print(f"{target}: {length_s:.0f} s, {target.stat().st_size / 1e6:.1f} MB")
    return marked


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "assets/film.webp", help="the file")
    target = parser.parse_args().out
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "roofs")
        home.mkdir()
        measure_roofs(home)
        for number in range(TRIES):
            copy = shutil.copytree(home, Path(folder, str(number)))
            if not (marked := take_film(copy, target)):
                return
            print(f"{marked} rungs disturbed", flush=True)
    parser.exit(
        1, f"Nothing was saved: in all of {TRIES} films rungs were disturbed; film on a quiet machine.\n"
    )


if __name__ == "__main__":
    main()
