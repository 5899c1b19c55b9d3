"""Who may steer: the browser that was shown the token, which stands in the server's terminal."""

from __future__ import annotations

import hmac
import os
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import cache

VARIABLE = "ACCEL_HALL_TOKEN"
LETTERS = "cdfhjkmprtwxy34679"
"""Small letters and digits that are not taken for each other; no vowels, so that they make no word."""
LEAST = 8
"""Characters of a token that somebody sets: a shorter one could be tried out."""
TRIES, WITHIN_S = 10, 60.0
"""Wrong ones of one address."""
MOST_BROWSERS = 1000


class Gate:
    """A token, and the browsers that have shown it."""

    def __init__(self, token: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = token
        self._clock = clock
        self._lock = threading.Lock()
        self._browsers: set[str] = set()
        self._wrong: dict[str, deque[float]] = {}

    def knows(self, browser: str) -> bool:
        """Whether this browser has shown the token."""
        return browser in self._browsers

    def admit(self, given: str, browser: str, address: str) -> str:
        """Let a browser in that shows the token; else a sentence that says why not."""
        with self._lock:
            now = self._clock()
            wrong = self._wrong.setdefault(address, deque(maxlen=TRIES))
            while wrong and now - wrong[0] > WITHIN_S:
                wrong.popleft()
            if len(wrong) == TRIES:
                return f"That was {TRIES} wrong tokens within a minute: wait a minute, then try again."
            if not hmac.compare_digest(given.strip().encode("utf-8", "replace"), self.token.encode()):
                wrong.append(now)
                self._forget(now)
                return "That is not the token. It stands in the terminal in which this server was started."
            if len(self._browsers) >= MOST_BROWSERS:
                self._browsers.clear()
            self._browsers.add(browser)
            return ""

    def _forget(self, now: float) -> None:
        """Addresses whose wrong tokens are old."""
        self._wrong = {one: at for one, at in self._wrong.items() if at and now - at[-1] <= WITHIN_S}


def new_token() -> str:
    """A random token in three groups of four, 50 bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


@cache
def gate() -> Gate:
    """This server's: with the token of ACCEL_HALL_TOKEN where that is long enough, else a random one."""
    given = os.environ.get(VARIABLE, "").strip()
    return Gate(given if len(given) >= LEAST else new_token())


def greeting() -> str:
    """What the terminal says of the token."""
    given = os.environ.get(VARIABLE, "").strip()
    if not given:
        return f"The page Lecture hall asks for this token: {gate().token}"
    if len(given) < LEAST:
        return f"{VARIABLE} is shorter than {LEAST} characters, so the token of Lecture hall is {gate().token}"
    return f"The token of Lecture hall is that of {VARIABLE}"
