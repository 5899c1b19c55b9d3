"""Every test has a data folder and a store of its own, so none can touch what the reader has measured."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("accel", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("accel")


@pytest.fixture(autouse=True)
def accel_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A fresh ACCEL_HOME, with the store in it, for this test and the processes it starts."""
    home = tmp_path_factory.mktemp("accel_home")
    monkeypatch.setenv("ACCEL_HOME", str(home))
    monkeypatch.setenv("ACCEL_QUEUE", str(home))
    monkeypatch.setenv("ACCEL_STORE_URL", f"sqlite:///{(home / 'records.db').as_posix()}")
    yield home
