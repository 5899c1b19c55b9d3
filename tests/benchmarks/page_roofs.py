"""Are the roofs that the page measures those of the command line? Both measure this machine, in turns.

    python tests/benchmarks/page_roofs.py [--rounds 3] [--budget 20] [--json FILE]

Each round runs `accel peaks` and then "Measure this machine" in a Chromium without a window, each with an empty
store. A line is one roof: the run in the middle of each side with its interval, and page / command line. A page
is meant to reach 0.9 of the command line on every roof.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tests" / "browser"))

from browsers import chromium  # noqa: E402
from playwright.sync_api import Browser  # noqa: E402
from servers import serve  # noqa: E402
from visitor import APP, BUTTONS, visit  # noqa: E402

from accel_core.machine import detect  # noqa: E402
from accel_core.model import Ceiling  # noqa: E402
from accel_core.store import Store  # noqa: E402
from accel_core.units import format_rate  # noqa: E402

ENOUGH = 0.9
MOST_S = 300.0
Roofs = dict[str, Ceiling]


def by_command(budget_s: float, home: Path) -> Roofs:
    """The roofs that `accel peaks` measures."""
    environment = {**os.environ, "ACCEL_HOME": str(home), "ACCEL_QUEUE": str(home)}
    environment.pop("ACCEL_STORE_URL", None)
    command = [sys.executable, "-m", "accel_core", "peaks", "--budget", str(budget_s), "--json"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True, cwd=REPOSITORY)
    return named(Ceiling.from_dict(one) for one in json.loads(done.stdout)["ceilings"])


def by_page(browser: Browser, budget_s: float, home: Path) -> Roofs:
    """The roofs that the button of the first page measures; the server is one of its own."""
    with serve(APP, home) as url:
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        visit(page, url, "machine", seconds=int(budget_s))
        page.get_by_role("button", name=BUTTONS["machine"]).click()
        page.wait_for_selector("[data-testid='stProgress']")
        page.wait_for_selector("[data-testid='stProgress']", state="detached", timeout=1000 * MOST_S)
        page.close()
    peaks = Store(f"sqlite:///{home / 'records.db'}").peaks(detect().fingerprint)
    assert peaks is not None
    return named(peaks.ceilings)


def named(ceilings: Iterable[Ceiling]) -> Roofs:
    """The measured ones, by name."""
    return {one.name: one for one in ceilings if one.source == "measured"}


def middle(rounds: Sequence[Roofs], name: str) -> Ceiling:
    """The roof of the run in the middle."""
    rising = sorted((one[name] for one in rounds if name in one), key=lambda roof: roof.value)
    return rising[len(rising) // 2]


def text(roof: Ceiling) -> str:
    """A roof with its interval."""
    ends = [format_rate(end, roof.unit) for end in (roof.low, roof.high) if end is not None]
    between = f"[{ends[0]}, {ends[1]}]" if len(ends) == 2 else "[no interval]"
    return f"{format_rate(roof.value, roof.unit)} {between} n={roof.n}"


def lines(commands: Sequence[Roofs], pages: Sequence[Roofs]) -> list[str]:
    """The table, and how many roofs of the page are high enough."""
    names = [name for name in commands[0] if any(name in one for one in pages)]
    ratios, table = [], []
    for name in names:
        command, page = middle(commands, name), middle(pages, name)
        ratios.append(page.value / command.value)
        verdict = "" if ratios[-1] >= ENOUGH else f"  under {ENOUGH}"
        table.append(f"{name:<44} {text(command):<62} {text(page):<62} {ratios[-1]:.2f}{verdict}")
    missing = [name for name in commands[0] if name not in names]
    enough = sum(ratio >= ENOUGH for ratio in ratios)
    table.append(f"{enough} of {len(ratios)} roofs of the page reach {ENOUGH} of the command line's")
    return table + [f"the page has no {name}" for name in missing]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--budget", type=float, default=20.0, choices=(10.0, 20.0, 60.0))
    parser.add_argument("--json", type=Path, help="a file for the roofs of every run")
    options = parser.parse_args()
    commands: list[Roofs] = []
    pages: list[Roofs] = []
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        for number in range(options.rounds):
            homes = [Path(folder) / f"{side} {number}" for side in ("command", "page")]
            for home in homes:
                home.mkdir()
            os.environ["ACCEL_HOME"] = str(homes[1])
            commands.append(by_command(options.budget, homes[0]))
            pages.append(by_page(browser, options.budget, homes[1]))
            print(f"round {number + 1} of {options.rounds} is done", flush=True)
    print("\n".join(lines(commands, pages)))
    if options.json:
        data = {
            side: [[roof.to_dict() for roof in roofs.values()] for roofs in rounds]
            for side, rounds in {"command": commands, "page": pages}.items()
        }
        options.json.write_text(json.dumps(data, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
