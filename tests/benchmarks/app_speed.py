"""How fast the app is in a browser, beside Streamlit's own hello app, and whether looking disturbs measuring.

    python tests/benchmarks/app_speed.py [--rounds 9] [--json FILE] [--only first,switch,slider,run,disturbance]

Every round loads each page in a new browser context (an empty cache), app and hello in turns, each from a
server that runs already and has answered before, so the compile cache and the system's file cache are warm.
Times are taken with the browser's own clock, from the navigation or the input event to the frame in which
what was waited for is there. Run it on a quiet machine: the figures are of this machine, and the targets
stand beside them.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import streamlit

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from browsers import chromium  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from servers import serve  # noqa: E402
from visitor import APP, LONG, QUESTIONS, TITLES, cancel, fill, sample_size, settled, visit  # noqa: E402

from accel_core import runner  # noqa: E402
from accel_core.machine import detect  # noqa: E402
from accel_core.model import Estimate, Measurement  # noqa: E402
from accel_core.stats import median_interval, ratio_interval  # noqa: E402
from accel_core.units import format_time  # noqa: E402

HELLO = Path(streamlit.__file__).parent / "hello" / "streamlit_app.py"
KINDS = ("first", "switch", "slider", "run", "disturbance")
WAIT_S = 60
CASE = {"kernel": "matmul/numpy", "size": 512, "dtype": "float32"}
"""What is measured while sliders move: it needs its core and its caches."""
BUDGET_S = 3.0
UNTIL = """([condition, wait_s]) => new Promise((done, fail) => {
    const holds = new Function('return (' + condition + ')');
    const last = performance.now() + 1000 * wait_s;
    const look = () => {
        if (holds()) requestAnimationFrame(() => done(performance.now() - (window.began || 0)));
        else if (performance.now() > last) fail(new Error('not within ' + wait_s + ' s: ' + condition));
        else requestAnimationFrame(look);
    };
    look();
})"""
"""JavaScript: milliseconds from `window.began` (else the navigation) to the frame after `condition` holds."""
MARK = (
    "kind => addEventListener(kind, () => { window.began = performance.now(); }, {capture: true, once: true})"
)
CHART = "document.querySelector('.js-plotly-plot .main-svg')"
RESTS = "document.querySelector('[data-testid=\"stApp\"]')?.dataset.testScriptState === 'notRunning'"


@dataclass(frozen=True)
class Row:
    """One line of the report."""

    name: str
    value: Estimate
    """Seconds, or a ratio."""
    target: float | None = None
    """At most this much."""
    unit: str = "s"

    def text(self) -> str:
        """The line as printed."""
        low, high = self.value.low, self.value.high
        numbers = self.value.median, low, high
        words = [format_time(x) if self.unit == "s" else f"{x:.3f}" for x in numbers if x is not None]
        between = f"{words[1]} to {words[2]}" if len(words) == 3 else "too few for an interval"
        verdict = ""
        if self.target is not None:
            goal = format_time(self.target) if self.unit == "s" else f"{self.target:.3f}"
            verdict = f"{'met' if self.value.median <= self.target else 'MISSED'} (at most {goal})"
        return f"{self.name:<46} {words[0]:>9}  ({between}, n={self.value.n})  {verdict}".rstrip()


def heading(question: str) -> str:
    """JavaScript: whether the page asks `question`."""
    return f"[...document.querySelectorAll('h1')].some(h => h.textContent.includes({json.dumps(question)}))"


def until(page: Page, *conditions: str) -> float:
    """Seconds until all `conditions` hold, see UNTIL."""
    return float(page.evaluate(UNTIL, [" && ".join(conditions), WAIT_S])) / 1000


def load_s(browser: Browser, url: str, *conditions: str) -> float:
    """Seconds from the navigation to a page until it is painted, in a browser that has never seen it."""
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.goto(url, wait_until="commit")
    took = until(page, *conditions)
    context.close()
    return took


def after(page: Page, event: str, act: Callable[[], None], *conditions: str) -> float:
    """Seconds from the browser's `event` that `act` causes until `conditions` hold."""
    page.evaluate(MARK, event)
    act()
    return until(page, *conditions)


def first_page(browser: Browser, app: str, hello: str, rounds: int) -> list[Row]:
    """The first page against hello, in turns."""
    asks, welcomes = heading(QUESTIONS["machine"]), "document.querySelector('h1')"
    pairs = []
    for load in range(rounds + 1):
        mine = (load_s(browser, app, asks), load_s(browser, app, asks, CHART))
        pair = (*mine, load_s(browser, hello, welcomes))
        if load:  # the first round warms both servers
            pairs.append(pair)
    return [
        Row("first page: its question", median_interval([question for question, _, _ in pairs])),
        Row("first page: its picture", median_interval([chart for _, chart, _ in pairs])),
        Row("streamlit hello: its heading", median_interval([theirs for _, _, theirs in pairs])),
        Row("first page later than hello", median_interval([c - theirs for _, c, theirs in pairs]), 1.5),
    ]


def switches(page: Page, app: str, rounds: int) -> list[Row]:
    """From the click on a page's link to its question and picture, once every page has been open before."""
    visit(page, app, "machine")
    took: dict[str, list[float]] = {name: [] for name in ("ladder", "lab", "roofline", "machine")}
    for _ in range(rounds + 1):
        for name in took:
            link = page.get_by_role("navigation").get_by_role("link", name=TITLES[name])
            gone = "!window.before.isConnected"
            page.evaluate("window.before = document.querySelector('.js-plotly-plot')")
            took[name].append(after(page, "click", link.click, heading(QUESTIONS[name]), gone, CHART))
            settled(page, name)
    return [Row(f"switch to {TITLES[name]}", median_interval(times[1:]), 1.0) for name, times in took.items()]


def slider_moves(page: Page, app: str, rounds: int) -> list[Row]:
    """From the key press on the size slider to the note and picture for the new settings."""
    rows = []
    for name in ("ladder", "lab"):
        visit(page, app, name, size=sample_size(), over="none", kernels="numpy")
        handle = page.get_by_role("slider", name="Size N")
        away = "document.body.innerText.includes('This result is from other settings')"
        times = []
        for move in range(rounds + 2):
            key, wanted = ("ArrowRight", f"!{away}") if move % 2 else ("ArrowLeft", away)
            handle.focus()
            times.append(after(page, "keydown", partial(handle.press, key), wanted, CHART))
            page.wait_for_function(RESTS)
        rows.append(Row(f"slider move on {TITLES[name]}", median_interval(times[2:]), 0.3))
    return rows


def runs(page: Page, app: str, rounds: int) -> list[Row]:
    """From the click on the button to the first line of progress, and to the first step of the worker."""
    shown, stepped = [], []
    for _ in range(rounds):
        visit(page, app, "ladder", **LONG)
        button = page.get_by_role("button", name="Time all rungs")
        line = "document.querySelector('[data-testid=\"stProgress\"]')"
        shown.append(after(page, "click", button.click, line))
        stepped.append(until(page, f"{line}?.innerText.includes('Step 1')"))
        cancel(page, "ladder")
    return [
        Row("Run to its first progress", median_interval(shown), 1.0),
        Row("Run to the first step of the worker", median_interval(stepped)),
    ]


# -- does looking disturb measuring? -------------------------------------------------------------------------


class Sliders:
    """Moves the Lab's sliders as fast as the browser takes it, until told to stop."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.moves = 0

    def play(self, measuring: threading.Thread) -> None:
        """Move sliders while `measuring` runs."""
        handles = [
            self._page.get_by_role("slider", name=label) for label in ("Size N", "Block", "Time per point")
        ]
        while measuring.is_alive():
            for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
                for handle in handles:
                    handle.press(key)
                    self.moves += 1


def measure(threads: int, play: Callable[[threading.Thread], None] | None) -> Measurement:
    """One measurement by the runner, with `play` beside it where it is given."""
    results: list[Any] = []
    job = {"kind": "bench", "cases": [{**CASE, "threads": threads}], "budget_s": BUDGET_S}
    thread = threading.Thread(target=lambda: results.extend(runner.run(job, "app speed")))
    thread.start()
    if play is not None:
        play(thread)
    thread.join()
    return next(result for result in results if isinstance(result, Measurement))


def disturbance(page: Page, app: str, rounds: int) -> list[Row]:
    """The slow-down of one thread by moving sliders, and how often all cores are marked disturbed by it."""
    visit(page, app, "lab", over="size")
    sliders = Sliders(page)
    everything = detect().cores.allowed
    measure(1, None)  # the compile cache and the library are warm after it
    pairs, alone, marked = [], [], []
    for turn in range(rounds):
        quiet_first = turn % 2 == 0
        times = {}
        for quiet in (quiet_first, not quiet_first):
            times[quiet] = measure(1, None if quiet else sliders.play).time_s.median
        pairs.append((times[True], times[False]))
        alone.append(times[True])
        marked.append(float(measure(everything, sliders.play).disturbed))
    rows = [
        Row("one thread, nobody moves a slider", median_interval(alone)),
        Row(f"slow-down by {sliders.moves} slider moves", ratio_interval(pairs), 1.05, "ratio"),
    ]
    share = Estimate(sum(marked) / len(marked), None, None, len(marked))
    return [*rows, Row(f"{everything} threads: share marked disturbed", share, None, "ratio")]


def report(kinds: Sequence[str], rounds: int) -> list[Row]:
    """Serve both apps, open a browser, and take every kind of figure."""
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        fill(home)
        os.environ["ACCEL_HOME"] = str(home)  # one queue with the app's server, apart from the reader's own
        app = stack.enter_context(serve(APP, home))
        browser = stack.enter_context(chromium())
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        rows: list[Row] = []
        if "first" in kinds:
            other = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            rows += say(first_page(browser, app, stack.enter_context(serve(HELLO, other)), rounds))
        for kind, act in (("switch", switches), ("slider", slider_moves), ("run", runs)):
            if kind in kinds:
                rows += say(act(page, app, rounds))
        if "disturbance" in kinds:
            rows += say(disturbance(page, app, rounds))
        return rows


def say(rows: list[Row]) -> list[Row]:
    """Print rows as they are known."""
    for row in rows:
        print(row.text(), flush=True)
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=9, help="how often each figure is taken, 7 or more")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    parser.add_argument("--only", default=",".join(KINDS), help=f"some of {','.join(KINDS)}")
    options = parser.parse_args()
    kinds = options.only.split(",")
    if unknown := [kind for kind in kinds if kind not in KINDS]:
        parser.error(f"{', '.join(unknown)} is none of {', '.join(KINDS)}")
    if options.rounds < 7:
        parser.error("--rounds must be 7 or more: fewer give no interval worth the name")
    rows = report(kinds, options.rounds)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
