"""The files that keep machine code: processes that write to them at one time never run each other's code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accel_core.kernels.compiled import compiled


def twice(x: int) -> int:
    return 2 * x


def files() -> Any:
    """What one more process has: the files of the same function, opened by itself."""
    return compiled(twice)._cache._cache_file


def test_code_for_one_type_is_never_found_as_that_for_another_written_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both find an empty index; then the slow one is interrupted between its index and its code."""
    monkeypatch.setattr("numba.core.config.CACHE_DIR", str(tmp_path))
    quick, slow = files(), files()
    save_index, save_code, waiting = quick._save_index, slow._save_data, []

    def interrupted(index: Any) -> None:
        slow.save("for float64", "code for float64")
        save_index(index)

    monkeypatch.setattr(quick, "_save_index", interrupted)
    monkeypatch.setattr(slow, "_save_data", lambda *words: waiting.append(words))
    quick.save("for float32", "code for float32")
    for words in waiting:
        save_code(*words)
    assert waiting and files().load("for float32") == "code for float32"
    assert files().load("for float64") in ("code for float64", None)
