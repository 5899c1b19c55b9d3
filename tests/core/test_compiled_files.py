"""The files that keep machine code: processes that write to them at one time never run each other's code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accel_core.kernels import compiled as module
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


SOURCES = ("kernels/compiled.py", "kernels/matmul/packed.py", "cache/engine/sets.py", "cache/stream/sweeps.py")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package with two top folders, `kernels` with what all share, and `cache`; both have folders below."""
    package = tmp_path / "package"
    for name in (*SOURCES, "figures/words.py"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(f"def function():\n    return {name!r}\n")
    monkeypatch.setattr(module, "_PACKAGE", package)
    monkeypatch.setattr(module, "_KERNELS", package / "kernels")
    return package


def key(path: Path) -> object:
    """What machine code of the function in this file is kept under, as a process that starts now finds it."""
    names: dict[str, Any] = {}
    exec(compile(path.read_text(), path, "exec"), names)
    module._stamp.cache_clear()
    return [module._stamp(folder) for folder in module.source_folders(names["function"])]


@pytest.mark.parametrize("changed", SOURCES)
@pytest.mark.parametrize("of", ["kernels/matmul/packed.py", "cache/engine/sets.py"])
def test_code_is_made_anew_when_a_source_changes_that_it_may_be_made_of(
    package: Path, of: str, changed: str
) -> None:
    before = key(package / of)
    (package / changed).write_text(f"{(package / changed).read_text()}\n")
    assert (key(package / of) == before) == (of.startswith("kernels") and changed.startswith("cache"))


def test_code_is_kept_when_something_changes_that_it_is_never_made_of(package: Path) -> None:
    before = key(package / "cache/engine/sets.py")
    (package / "figures/words.py").write_text("")
    assert key(package / "cache/engine/sets.py") == before


def test_of_a_function_elsewhere_only_the_files_beside_it_count(tmp_path: Path) -> None:
    """It may lie in a home folder, of which not every file is to be looked at."""
    home = tmp_path / "home"
    (home / "below").mkdir(parents=True)
    (home / "own.py").write_text("def function():\n    return 1\n")
    before = key(home / "own.py")
    (home / "below" / "other.py").touch()
    assert key(home / "own.py") == before
    (home / "other.py").touch()
    assert key(home / "own.py") != before
