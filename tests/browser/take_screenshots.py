"""The pictures in the README: starts the app on an empty data folder, clicks, measures, saves.

    python tests/browser/take_screenshots.py [--out assets] [--dark] [--only traversal,lens-core]

Takes about three minutes of measuring; run it on a quiet machine. The light set belongs into assets/. What the
wanted pictures do not need is left out.
"""

from __future__ import annotations

import argparse
import math
import random
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from browsers import chromium
from playwright.sync_api import Browser, Page
from servers import REPOSITORY, serve
from visitor import (
    APP,
    button,
    fill,
    fill_arena,
    finished,
    has_no_fault,
    progress,
    rested,
    settled,
    store_of,
    visit,
)

sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "tests" / "core")]
import recorded_hosts  # noqa: E402  # the invented class is that of the tests
from class_records import PROCESSORS  # noqa: E402
from packs_of import Student  # noqa: E402

from accel_core.arena.files import event  # noqa: E402
from accel_core.hall import Halls  # noqa: E402
from accel_core.hall.gate import VARIABLE  # noqa: E402
from accel_core.homework.pack import Pack, pack_text  # noqa: E402
from accel_core.machine import detect  # noqa: E402
from accel_core.studies.arena import board  # noqa: E402

VIEWPORT = {"width": 1440, "height": 1200}
PROJECTOR = {"width": 1600, "height": 960}
SCALE = 1.5
LENS_SCALE, PLAYER_SCALE = 1.25, 1.0
"""Of pictures with so much in them that they would weigh more than 250 kB."""
MEASURE_MS = 600_000
"""Longer than any of the experiments takes on a slow machine."""
TRIES = 5
"""Of a measurement: on a shared machine now and then another one is at work."""
LONGER = 1.4
"""Times what a button promises, until one looks again."""
MARGIN_PX = 16
BELOW_PX = 200
"""Of the window below the figure, for controls beside it that end further down."""
SWEEP = {"over": "block", "size": 1024, "kernels": ["numpy_tiled", "compiled_tiled"]}
BLOCK = {"state": "python-softmax", "guess.prefill.python-softmax": "feed-forward"}
ATTENTION = {"workload": "attention", "size": 1024}
STEPS: tuple[tuple[str, dict, bool, str], ...] = (
    ("machine", {}, True, "machine"),
    ("lab", {"over": "none", "size": 128, "kernels": ["python_loops"]}, True, ""),  # to extrapolate from
    ("ladder", {"size": 512}, True, "ladder"),
    ("ladder", {**ATTENTION, "size": 512}, True, "ladder-attention"),
    ("ladder", {"workload": "conv2d", "size": 56}, True, "ladder-conv2d"),
    ("roofline", {}, False, "roofline"),
    ("fusion", {}, True, "fusion"),
    ("fusion", ATTENTION, True, "attention"),
    ("transformer", BLOCK, True, "transformer"),
    ("lab", SWEEP, True, "lab"),
    ("panels", {"size": 1024, "kc": 1024, "nc": 1024}, False, "panels"),
)
"""(page, settings, whether to measure there, name of the picture's file; none is kept without)."""
SECOND = {"attention"}
"""Pictures of a page's second figure alone."""
LENSES = {"lens-core": "core", "lens-dram": "DRAM"}
LENS_NEEDS = ("machine", "ladder")
TRAVERSAL = "order=ijk&beside=ikj&step=987"
"""Late enough that B has been missed all over in ijk, and only at the heads of its lines in ikj."""
LESSON, GUESS = "order", "4"
ENTERED = "matmul-one"
"""The event of the sample's entries."""
CLASS = 40
"""How many invented packs the picture of a class shows, beside the sample's records as this machine's."""
OTHERS = (*LENSES, "lessons", "traversal", "backends", "arena", "arena-entry", "hall", "class")
NAMES = (*(picture for *_, picture in STEPS if picture), *OTHERS)
TOKEN = "the token of the pictures"
GUESSES = ((1.8, 0.9, 60), (3.0, 0.7, 52))
"""Of either vote of the hall: power of ten in the middle, its spread, and how many; nobody was asked."""


def measure(page: Page, url: str, name: str, settings: dict) -> None:
    """Measure on the page until nothing in its picture is marked as disturbed, TRIES times at most."""
    for _ in range(TRIES):
        measure_once(page, url, name, settings)
        if "disturbed" not in page.locator(".js-plotly-plot").first.inner_text():
            return
        print(f"{name}: disturbed", flush=True)


def measure_once(page: Page, url: str, name: str, settings: dict) -> None:
    """Press the page's button, look away while it runs, and come back, saying on the terminal what runs.

    On two cores a browser that draws the progress of two threads takes a processor from one of them.
    """
    visit(page, url, name, **settings)
    label = button(page, name).inner_text().splitlines()[-1]
    print(f"{name}: {label}", flush=True)
    button(page, name).click()
    progress(page).wait_for()
    there = page.url  # with the job in it, which another session knows by nothing else
    page.goto("about:blank")
    number, unit = re.search(r"about ([\d.]+) (\w+)", label).groups()
    page.wait_for_timeout(1000 * LONGER * float(number) * (60 if unit == "min" else 1))
    page.goto(there)
    settled(page, name)
    progress(page).wait_for(state="detached", timeout=MEASURE_MS)
    finished(page, name)


def photograph(page: Page, url: str, name: str, settings: dict, target: Path) -> None:
    """Save the page as it opens, the figure in view, without the blank rims left and right of it."""
    visit(page, url, name, **settings)
    if target.stem in SECOND:
        save_one(page, target, 1)
    else:
        save(page, target)


def save_one(page: Page, target: Path, number: int) -> None:
    """Save the figure of that number alone."""
    figure = page.locator(".js-plotly-plot").nth(number)
    figure.scroll_into_view_if_needed()
    rested(page)
    has_no_fault(page)
    page.mouse.move(0, 0)
    figure.screenshot(path=target, animations="disabled")
    print(f"{target}: {target.stat().st_size // 1024} KiB", flush=True)


def save(page: Page, target: Path, figure: str = ".js-plotly-plot") -> None:
    """Save what is open from the question to the end of the first `figure`."""
    has_no_fault(page)
    page.mouse.move(0, 0)  # no hover box, no toolbar
    enlarge(page, figure)
    rested(page)
    page.evaluate("document.fonts.ready.then(() => true)")
    page.screenshot(path=target, clip=content(page, figure), animations="disabled")
    print(f"{target}: {target.stat().st_size // 1024} KiB", flush=True)


def photograph_lens(page: Page, url: str, lens: str, target: Path) -> None:
    """Save the roofline in a lens, once the bytes of the measured kernels are simulated."""
    visit(page, url, "roofline", lens=lens)
    simulate = page.get_by_role("button", name="Simulate")
    if simulate.count():
        print(f"roofline: {simulate.inner_text().splitlines()[-1]}", flush=True)
        simulate.click()
        simulate.wait_for(state="detached", timeout=MEASURE_MS)
        progress(page).wait_for(state="detached", timeout=MEASURE_MS)
    rested(page)
    save(page, target)


def photograph_player(page: Page, url: str, target: Path) -> None:
    """Save the traversal player, two orders side by side."""
    page.goto(f"{url}/traversal?{TRAVERSAL}")
    page.locator(".player[data-step='987']").wait_for(timeout=MEASURE_MS)
    rested(page)
    save(page, target, ".player")


def photograph_lesson(page: Page, url: str, target: Path) -> None:
    """Save a guess beside what was found, once that was measured without a disturbance, TRIES times at most."""
    again = page.get_by_role("button", name="Do it again")
    for _ in range(TRIES):
        page.goto(f"{url}/lessons?lesson={LESSON}")
        page.get_by_role("heading", level=1).wait_for()
        rested(page)
        if again.count():
            again.click()
        page.get_by_label("Your guess").fill(GUESS)
        page.keyboard.press("Enter")
        rested(page)
        page.get_by_role("button", name="Commit and measure").click()
        again.wait_for(timeout=MEASURE_MS)
        rested(page)
        if "disturbed" not in page.locator(".js-plotly-plot").first.inner_text():
            break
        print("lessons: disturbed", flush=True)
    save(page, target)


def photograph_backends(page: Page, url: str, target: Path) -> None:
    """Save the crossover map of the sample, which is labelled so: to calibrate takes minutes."""
    page.goto(f"{url}/backends")
    page.locator(".js-plotly-plot").first.wait_for(timeout=MEASURE_MS)
    rested(page)
    save(page, target)


def photograph_arena(browser: Browser, scheme: str, target: Path, best: bool) -> None:
    """Save the board of the sample, or its best entry: they were judged, which takes long, by
    assets/record_arena.py."""
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home))
        fill_arena(Path(home))
        with serve(APP, Path(home)) as url:
            page = new_page(browser, scheme, LENS_SCALE)
            if best:
                (entry, *_) = board(event(ENTERED), detect().fingerprint, store=store_of(Path(home)))
                visit(page, url, "arena", event=ENTERED, entry=entry.entry)
            else:
                visit(page, url, "arena")
            save(page, target)


def photograph_class(browser: Browser, scheme: str, target: Path) -> None:
    """Save the ladder of an invented class, which costs no measuring."""
    with tempfile.TemporaryDirectory() as home:
        fill(Path(home))
        packs = [Path(home) / f"{at}.json" for at in range(CLASS)]
        for at, file in enumerate(packs):
            file.write_text(pack_text(invented(at)), encoding="ascii")
        with serve(APP, Path(home)) as url:
            page = new_page(browser, scheme, LENS_SCALE)
            visit(page, url, "classroom", overlay="ladder")
            page.locator("input[type=file]").set_input_files(packs)
            page.get_by_text("Machines differ most").wait_for()
            rested(page)
            save(page, target)


def invented(at: int) -> Pack:
    """The pack of one student of a class of many processors."""
    cpu, vendor, speed = PROCESSORS[at % len(PROCESSORS)]
    host = replace(recorded_hosts.machine(recorded_hosts.USUAL), cpu=cpu, vendor=vendor, fingerprint=f"{at}")
    return Student(f"s{at:07}", host, speed=speed * random.Random(at).lognormvariate(0, 0.15)).pack()


def photograph_hall(page: Page, url: str, home: Path, target: Path) -> None:
    """Save the reveal of a question: the guesses are made up, the run is live."""
    halls, pick = Halls(lambda: home / "halls"), random.Random(1)
    hall = halls.open(["library"])
    for middle, spread, number in GUESSES:
        hall.forward()
        hall.forward()
        for voter in range(number):
            power = min(max(pick.gauss(middle, spread), 0.1), 6.9)
            hall.vote(str(voter), 0, hall.step, f"{10**power:.2g}")
    halls.keep(hall)
    page.set_viewport_size(PROJECTOR)
    page.goto(f"{url}/hall?hall={hall.code}")
    page.get_by_role("textbox", name="Token").fill(TOKEN)
    page.get_by_role("button", name="Present").click()
    page.get_by_role("button", name="Close the vote, run").click()
    page.get_by_text("The answer is here").wait_for(timeout=MEASURE_MS)
    page.get_by_role("button", name="Reveal").click()
    page.locator(".hall-found").wait_for()
    page.locator(".js-plotly-plot .main-svg").first.wait_for()
    rested(page)
    has_no_fault(page)
    page.mouse.move(0, 0)
    page.screenshot(path=target, animations="disabled")
    print(f"{target}: {target.stat().st_size // 1024} KiB", flush=True)


def enlarge(page: Page, figure: str) -> None:
    """Make the window as high as the first figure needs, so its page's question stays in view."""
    bottom = page.locator(figure).first.evaluate("figure => figure.getBoundingClientRect().bottom")
    page.set_viewport_size({**VIEWPORT, "height": max(VIEWPORT["height"], math.ceil(bottom) + BELOW_PX)})


def content(page: Page, figure: str) -> dict[str, float]:
    """From the question to the end of the figure, and of what would be cut there: x, y, width, height in CSS
    pixels."""
    return page.locator(figure).first.evaluate(
        """(element, margin) => {
            const block = document.querySelector('[data-testid="stMainBlockContainer"]');
            const title = block.querySelector('h1').getBoundingClientRect();
            const figure = element.getBoundingClientRect();
            const left = Math.max(0, title.left - margin);
            const top = Math.max(0, title.top - margin);
            const widest = Math.max(figure.right, title.right);
            const right = Math.min(innerWidth, widest + margin);
            const parts = [...block.querySelectorAll('[data-testid="stElementContainer"]')]
                .filter(part => !part.contains(element)).map(part => part.getBoundingClientRect());
            const cuts = (part, at) => part.height && part.top < at && part.bottom > at;
            let end = figure.bottom + margin;
            for (let cut; (cut = parts.find(part => cuts(part, end)));) end = cut.bottom + margin;
            const bottom = Math.min(innerHeight, end);
            return {x: left, y: top, width: right - left, height: bottom - top};
        }""",
        MARGIN_PX,
    )


def new_page(browser: Browser, scheme: str, scale: float = SCALE) -> Page:
    """A page in the light or dark theme that a README picture is taken of."""
    context = browser.new_context(viewport=VIEWPORT, device_scale_factor=scale, color_scheme=scheme)
    return context.new_page()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=REPOSITORY / "assets", help="folder for the pictures")
    parser.add_argument("--dark", action="store_true", help="the dark theme; give another folder with --out")
    parser.add_argument("--only", default=",".join(NAMES), help=f"some of {','.join(NAMES)}")
    options = parser.parse_args()
    wanted = options.only.split(",")
    if unknown := [name for name in wanted if name not in NAMES]:
        parser.error(f"{', '.join(unknown)} is none of {', '.join(NAMES)}")
    if options.dark and options.out == REPOSITORY / "assets":
        parser.error("the dark set does not replace the README's: give another folder with --out")
    if not options.out.is_dir():
        parser.error(f"{options.out} is no folder: make it first")
    with (
        tempfile.TemporaryDirectory() as home,
        serve(APP, Path(home), **{VARIABLE: TOKEN}) as url,
        chromium() as browser,
    ):
        scheme = "dark" if options.dark else "light"
        page = new_page(browser, scheme)
        for name, settings, measuring, picture in STEPS:
            if measuring and needed(name, picture, wanted):
                measure(page, url, name, settings)
            if picture in wanted:
                photograph(page, url, name, settings, options.out / f"{picture}.png")
        for name, lens in LENSES.items():
            if name in wanted:
                photograph_lens(new_page(browser, scheme, LENS_SCALE), url, lens, options.out / f"{name}.png")
        if "lessons" in wanted:
            photograph_lesson(new_page(browser, scheme, LENS_SCALE), url, options.out / "lessons.png")
        if "traversal" in wanted:
            photograph_player(new_page(browser, scheme, PLAYER_SCALE), url, options.out / "traversal.png")
        if "backends" in wanted:
            photograph_backends(new_page(browser, scheme, LENS_SCALE), url, options.out / "backends.png")
        for name in ("arena", "arena-entry"):
            if name in wanted:
                photograph_arena(browser, scheme, options.out / f"{name}.png", name == "arena-entry")
        if "class" in wanted:
            photograph_class(browser, scheme, options.out / "class.png")
        if "hall" in wanted:
            photograph_hall(new_page(browser, scheme, PLAYER_SCALE), url, Path(home), options.out / "hall.png")


def needed(name: str, picture: str, wanted: Sequence[str]) -> bool:
    """Whether a picture is wanted of what is measured on the page `name`."""
    plots = {"roofline", "attention", "transformer", *LENSES}
    return (picture or name) in wanted or (picture in LENS_NEEDS and bool(plots & set(wanted)))


if __name__ == "__main__":
    main()
