"""The app in a real browser: `server` runs it, `page` looks at it, `console_errors` is what went wrong there.

The app's data goes to a temporary folder of its own, and no process outlives the tests.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from browsers import chromium
from playwright.sync_api import Browser, Page
from servers import REPOSITORY, serve

APP = REPOSITORY / "app" / "main.py"
VIEWPORT = {"width": 1440, "height": 900}
INSTALL_S = 900
"""The first test may have to wait until a browser is installed."""
REPORT = pytest.StashKey[pytest.TestReport]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.timeout(INSTALL_S), append=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Keep the report of the test itself, so that `page` knows whether it failed."""
    report = yield
    if report.when == "call":
        item.stash[REPORT] = report
    return report


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the app, served for the whole session from an empty data folder."""
    with serve(APP, tmp_path_factory.mktemp("accel-home")) as url:
        yield url


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """(URL, data folder) of a server of this file's own, which begins with nothing measured."""
    home = tmp_path_factory.mktemp("accel-home")
    with serve(APP, home) as url:
        yield url, home


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium a test file: for a whole session, Playwright's event loop would run on under other tests."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def console_errors() -> list[str]:
    """Errors that the page wrote to the browser's console or raised; filled by `page`."""
    return []


@pytest.fixture
def page(
    browser: Browser, console_errors: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Page]:
    """A fresh page without cookies or cache. A test that fails leaves a screenshot and says where it lies."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    page.on("console", lambda said: console_errors.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: console_errors.append(str(error)))
    yield page
    report = request.node.stash.get(REPORT, None)
    if report is not None and report.failed:
        picture = tmp_path / "failure.png"
        page.screenshot(path=picture, full_page=True)
        print(f"Screenshot of {page.url}: {picture}\nThe browser's console: {console_errors}")
    context.close()
