"""The app in a real browser: `server` runs it, `page` looks at it, `console_errors` is what went wrong there.

The app's data goes to a temporary folder of its own, and no process outlives the tests.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import recorded_hosts
from browsers import chromium
from playwright.sync_api import Browser, ConsoleMessage, Error, Page
from servers import REPOSITORY, serve
from tabs import Tab

from accel_core.machine import detect
from accel_core.model import Machine

APP = REPOSITORY / "app" / "main.py"
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


@pytest.fixture(scope="module", autouse=True)
def host(request: pytest.FixtureRequest) -> Iterator[Machine]:
    """The host of this file's servers and of the tests themselves: `recorded_hosts.USUAL` without a mark.

    `ON_EACH` runs a test on one of each kind, `ON_THIS` on the machine below, where it presses a button that
    measures. A file's server ends where its host does.
    """
    name = getattr(request, "param", recorded_hosts.USUAL)
    with pytest.MonkeyPatch.context() as environment:
        if name != recorded_hosts.THIS:
            environment.setenv("ACCEL_MACHINE", str(recorded_hosts.path_of(name)))
        recorded_hosts.forget_the_machine()
        yield detect()
    recorded_hosts.forget_the_machine()


@pytest.fixture(scope="module")
def server(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of the app, served for a file of tests from an empty data folder."""
    with serve(APP, tmp_path_factory.mktemp("accel-home")) as url:
        yield url


@pytest.fixture(scope="module")
def own_server(host: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
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
