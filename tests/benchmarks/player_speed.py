"""How smoothly the traversal player plays 5,000 accesses in two lanes, and how many bytes that takes.

    python tests/benchmarks/player_speed.py [--rounds 7] [--seconds 4] [--dark] [--json FILE]

Serves the app from an empty data folder and opens each link in a headless Chromium without a graphics card, so
that the processor draws every picture. Run it on a quiet machine. Frames a second are those of the browser's
clock, at the speed at which each of 60 frames brings several new steps; a frame counts as late where it comes
after more than 1.5 frames of 60 in a second. Bytes are those of the player's data as it is sent, before any
compression.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests" / "browser")]

from browsers import chromium  # noqa: E402
from playwright.sync_api import Browser, Page  # noqa: E402
from servers import serve  # noqa: E402
from visitor import APP  # noqa: E402

from accel_core.machine import detect  # noqa: E402
from accel_core.stats import median_interval  # noqa: E402
from app.traversal import choices  # noqa: E402
from app.traversal import picture as traversal_page  # noqa: E402
from app.traversal import runs as traversal_runs  # noqa: E402
from app.traversal.player.payload import Lane, payload  # noqa: E402

PLAIN = {
    "order": "ijk",
    "beside": "ikj",
    "n": 16,
    "tiles": "none",
    "cache": "classroom",
    "visit": "loops",
    "layout": "row",
    "pad": 0,
}
SCENES: dict[str, dict[str, str | int]] = {
    "classroom, N=16": {},
    "classroom, N=64, by blocks of 8": {"n": 64, "tiles": "8"},
    "this CPU, N=128": {"n": 128, "cache": "this CPU"},
    "this CPU, N=256, later": {"n": 256, "cache": "this CPU", "from": 400_000},
}
SIZES = ((1440, 900), (1920, 1080))
SPEED = "8.5"
"""log2 of the steps a second: 362, six a frame."""
TARGET_PER_S, MOST_BYTES = 60, 1_000_000
READY_MS = 180_000
PLAY = """(root, [seconds, speed]) => new Promise((done) => {
    const part = (name) => root.querySelector(`[data-part="${name}"]`);
    part('speed').value = speed;
    part('speed').dispatchEvent(new Event('input'));
    part('loop').checked = true;
    part('play').click();
    const times = [];
    const frame = (now) => {
        times.push(now);
        if (now - times[0] < 1000 * seconds) return requestAnimationFrame(frame);
        part('play').click();
        const gaps = times.slice(1).map((time, n) => time - times[n]);
        const late = gaps.filter((gap) => gap > 1500 / 60).length / gaps.length;
        done({ perSecond: (1000 * gaps.length) / (times.at(-1) - times[0]), late });
    };
    requestAnimationFrame(frame);
})"""
"""JavaScript: frames a second while it plays, and the share of frames that came late."""


@dataclass(frozen=True)
class Row:
    """One scene at one size of the window."""

    scene: str
    width: int
    height: int
    frames_per_s: float
    low: float | None
    high: float | None
    late: float
    payload_bytes: int
    accesses: int

    def text(self) -> str:
        """The line as printed."""
        met = (
            "met" if self.frames_per_s >= 0.97 * TARGET_PER_S and self.payload_bytes < MOST_BYTES else "MISSED"
        )
        between = f"{self.low:.1f} to {self.high:.1f}" if self.low is not None else ""
        return (
            f"{self.scene:34s} {self.width:>4} x {self.height:<5} {self.frames_per_s:6.1f} ({between:>12}) "
            f"{100 * self.late:6.1f} % {self.payload_bytes:>10,} {self.accesses:>8,}  {met}"
        )


def payload_of(scene: dict[str, str | int]) -> tuple[int, int]:
    """Bytes that go to the browser, and accesses of both lanes in them."""
    values = {**PLAIN, **scene}
    caches = choices.caches(values, detect())
    found = traversal_runs.runs(choices.traversals(values), caches, int(scene.get("from", 0)))
    data = payload([Lane(run.title, run.trace) for run in found], 0, traversal_page.footer("", found))
    return len(json.dumps(data).encode()), sum(len(run.trace) for run in found)


def frames(
    page: Page, url: str, scene: dict[str, str | int], rounds: int, seconds: float
) -> list[dict[str, float]]:
    """Each round's frames a second and share of late frames, after one to warm up."""
    settings = "&".join(f"{name}={value}".replace(" ", "+") for name, value in {**PLAIN, **scene}.items())
    page.goto(f"{url}/traversal?{settings}")
    page.locator(".player[data-step]").wait_for(timeout=READY_MS)
    page.wait_for_selector(
        "[data-testid='stApp'][data-test-script-state='notRunning']", state="attached", timeout=READY_MS
    )
    played = []
    for _ in range(rounds + 1):
        played.append(page.locator(".player").evaluate(PLAY, [seconds, SPEED]))
        page.wait_for_timeout(600)  # it reports where it rests
    return played[1:]


def report(browser: Browser, url: str, rounds: int, seconds: float, scheme: str) -> list[Row]:
    """Every scene at every size, printed as it is known."""
    print(f"{'scene':34s} {'window':>12}   frames/s {'95 % interval':>15} {'late':>6} {'bytes':>12} accesses")
    rows = []
    for width, height in SIZES:
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)
        page = context.new_page()
        for name, scene in SCENES.items():
            played = frames(page, url, scene, rounds, seconds)
            rate = median_interval([one["perSecond"] for one in played])
            late = median_interval([one["late"] for one in played]).median
            size, accesses = payload_of(scene)
            rows.append(Row(name, width, height, rate.median, rate.low, rate.high, late, size, accesses))
            print(rows[-1].text(), flush=True)
        context.close()
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7, help="how often each scene plays, 7 or more")
    parser.add_argument("--seconds", type=float, default=4, help="how long")
    parser.add_argument("--dark", action="store_true", help="the dark theme")
    parser.add_argument("--json", type=Path, help="a file for the figures")
    options = parser.parse_args()
    if options.rounds < 7:
        parser.error("--rounds must be 7 or more: fewer give no interval worth the name")
    logging.disable(logging.WARNING)  # Streamlit's: its cache works outside a server too
    with ExitStack() as stack:
        home = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(serve(APP, home))
        browser = stack.enter_context(chromium())
        rows = report(browser, url, options.rounds, options.seconds, "dark" if options.dark else "light")
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
