"""The app in a real browser: `server` runs it, `page` looks at it, `console_errors` is what went wrong there.

The app's data goes to a temporary folder of its own, and no process outlives the tests.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from browsers import chromium
from playwright.sync_api import Browser, ConsoleMessage, Error, Page
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


@dataclass
class Tab:
    """The page that the tests of a file share, one after the other; None until it is asked for."""

    browser: Browser
    page: Page | None = None

    def fresh(self) -> Page:
        """The page as a visitor finds it who never was here, in the process that has read all scripts before:
        a load takes half as long there."""
        if self.page is None:
            self.page = self.browser.new_context(viewport=VIEWPORT).new_page()
        self.page.set_viewport_size(VIEWPORT)
        self.page.context.clear_cookies()
        return self.page

    def leave(self) -> None:
        """End the visit: nothing of it is kept, and nothing asks the server any more."""
        if self.page is not None:
            self.page.evaluate("if (location.protocol === 'http:') localStorage.clear()")
            self.page.goto("about:blank")

    def close(self) -> None:
        if self.page is not None:
            self.page.context.close()
            self.page = None


@pytest.fixture(scope="module")
def tab(browser: Browser) -> Iterator[Tab]:
    tab = Tab(browser)
    yield tab
    tab.close()


@pytest.fixture
def page(tab: Tab, console_errors: list[str], request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Page]:
    """A page without cookies or earlier visits, which is not to be spoiled for the next test of the file."""
    page = tab.fresh()
    with watched(page, console_errors, request, tmp_path):
        yield page
    if failed(request) or page.is_closed():
        tab.close()
    else:
        tab.leave()


@pytest.fixture
def fresh_page(
    browser: Browser, console_errors: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[Page]:
    """A page in a context of its own, for a test that leaves something in it, such as an initial script."""
    context = browser.new_context(viewport=VIEWPORT)
    page = context.new_page()
    with watched(page, console_errors, request, tmp_path):
        yield page
    context.close()


@contextmanager
def watched(
    page: Page, console_errors: list[str], request: pytest.FixtureRequest, tmp_path: Path
) -> Iterator[None]:
    """Collect the errors of `page`. A test that fails leaves a screenshot and says where it lies."""

    def console(said: ConsoleMessage) -> None:
        if said.type == "error":
            console_errors.append(said.text)

    def error(raised: Error) -> None:
        console_errors.append(str(raised))

    page.on("console", console)
    page.on("pageerror", error)
    yield
    page.remove_listener("console", console)
    page.remove_listener("pageerror", error)
    if failed(request) and not page.is_closed():
        picture = tmp_path / "failure.png"
        page.screenshot(path=picture, full_page=True)
        print(f"Screenshot of {page.url}: {picture}\nThe browser's console: {console_errors}")


def failed(request: pytest.FixtureRequest) -> bool:
    report = request.node.stash.get(REPORT, None)
    return report is not None and report.failed
