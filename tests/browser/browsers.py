"""Finding a Chromium to drive: an installed one, else Playwright's own, else the system's package.

A browser test never skips itself: on a machine without a browser it fails with one sentence that says what to
do.
"""

from __future__ import annotations

import contextlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

COMMANDS = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
MAC_APPS = (
    "Chromium.app/Contents/MacOS/Chromium",
    "Google Chrome.app/Contents/MacOS/Google Chrome",
    "Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
WINDOWS_PROGRAMS = (
    r"Chromium\Application\chrome.exe",
    r"Google\Chrome\Application\chrome.exe",
    r"Microsoft\Edge\Application\msedge.exe",
)
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--js-flags=--no-maglev --no-turbofan",  # pages live for seconds, which pays for no optimised machine code
)
MISSING = (
    "No Chromium was found and none could be installed: install Chromium, Google Chrome or Microsoft Edge, "
    "or run `python -m playwright install --with-deps chromium`."
)


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    """A running Chromium without a window."""
    executable = chromium_executable()
    as_root = sys.platform == "linux" and os.geteuid() == 0
    arguments = [*ARGUMENTS, *(["--no-sandbox"] if as_root else [])]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=arguments)
        yield browser
        browser.close()


def chromium_executable() -> str:
    """Path of a browser of the Chromium family that starts; fails the test with one sentence if none does."""
    for find in (installed, playwrights_own, installed_by_playwright, installed_by_apt):
        path = find()
        if path:
            return path
    pytest.fail(MISSING, pytrace=False)


def installed() -> str | None:
    """The first browser on the PATH or in the usual folders that starts."""
    on_path = (shutil.which(command) for command in COMMANDS)
    return next((p for p in (*on_path, *usual_places(platform.system(), os.environ)) if p and starts(p)), None)


def usual_places(system: str, environment: dict[str, str] | os._Environ[str]) -> list[str]:
    """Where browsers lie that are not on the PATH."""
    if system == "Darwin":
        folders = ("/Applications", f"{environment.get('HOME', '')}/Applications")
        return [f"{folder}/{app}" for folder in folders for app in MAC_APPS]
    if system == "Windows":
        folders = [environment.get(name) for name in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA")]
        return [rf"{folder}\{program}" for folder in folders if folder for program in WINDOWS_PROGRAMS]
    return []


def starts(path: str) -> bool:
    """True where the browser can be run: Ubuntu's chromium-browser may be a stub without its snap."""
    if not Path(path).is_file():
        return False
    if platform.system() == "Windows":
        return True  # chrome.exe opens a window on --version
    return succeeds([path, "--version"], timeout_s=30)


def playwrights_own() -> str | None:
    """The browser that Playwright installed earlier."""
    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if starts(path) else None


def installed_by_playwright() -> str | None:
    """The browser that Playwright installs now, where its download can be reached."""
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    return playwrights_own() if succeeds(command, timeout_s=180) else None


def installed_by_apt() -> str | None:
    """Debian's chromium, installed now, where this process may do that."""
    if platform.system() != "Linux" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    succeeds(["apt-get", "update"], timeout_s=120)  # old lists may do
    if not succeeds(["apt-get", "install", "-y", "--no-install-recommends", "chromium"], timeout_s=300):
        return None
    return installed()


def succeeds(command: list[str], timeout_s: float) -> bool:
    """True where `command` ends with status 0 in time; what it prints appears with the test that fails."""
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    try:
        done = subprocess.run(
            command, env=quiet, timeout=timeout_s, check=False, text=True, capture_output=True, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(f"{' '.join(command)}: {error}")
        return False
    if done.returncode:
        print(f"{' '.join(command)}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done.returncode == 0
