"""The browser tab that the tests of a file share."""

from __future__ import annotations

from dataclasses import dataclass

from playwright.sync_api import Browser, Error, Page
from visitor import VIEWPORT

LOADS = 3
"""That a way back may begin after its test has ended."""


@dataclass
class Tab:
    """The page that the tests of a file share, one after the other; None until it is asked for."""

    browser: Browser
    script: str = ""
    """JavaScript that runs before the page's own."""
    page: Page | None = None

    def fresh(self) -> Page:
        """The page as a visitor finds it who never was here, in the process that has read all scripts before:
        a load takes half as long there. Streamlit's fades, which the processor paints, are left out."""
        if self.page is None:
            self.page = self.browser.new_context(viewport=VIEWPORT).new_page()
            self.page.add_init_script(self.script)
        self.page.set_viewport_size(VIEWPORT)
        self.page.emulate_media(color_scheme="light", reduced_motion="reduce")
        self.page.context.clear_cookies()
        return self.page

    def leave(self) -> None:
        """End the visit: nothing of it is kept, and nothing asks the server any more."""
        if self.page is not None:
            self._forget()
            self.page.goto("about:blank")

    def _forget(self) -> None:
        """Clear what its site has stored, once the load has ended in whose middle a test may end."""
        assert self.page is not None
        for left in reversed(range(LOADS)):
            self.page.wait_for_load_state()
            try:
                self.page.evaluate("if (location.protocol === 'http:') localStorage.clear()")
            except Error:  # the way back had not begun to load yet
                if not left:
                    raise
            else:
                return

    def close(self) -> None:
        if self.page is not None:
            self.page.context.close()
            self.page = None
