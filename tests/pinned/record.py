"""Write down what must not change for those who already use the program.

    python tests/pinned/record.py [--store FILE] [--into tests/pinned]

- `names.json`: the public names of each package.
- `links.json`: what the settings of each page take, which is what a link may say, on one recorded host.
- `records.sql`: a store, as text. It was measured by the program on a real host, by
  `accel peaks --budget 3`, `accel bench matmul/numpy --size 128`, `accel bench gelu/fused_threads --threads 2
  --size 2000`, `accel sweep matmul/compiled_tiled --size 64 --over block=8,16`, `accel compare matmul/numpy
  matmul/packed --sizes 128` and `accel calibrate --operation add --budget 20`.

Tests hold the program of today against these files. What is added may be recorded anew; nothing in them goes.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import pkgutil
import sqlite3
import sys
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[1]
APP = REPOSITORY / "app"
sys.path[:0] = [str(REPOSITORY / "tests")]

import recorded_hosts  # noqa: E402


def names() -> dict[str, list[str]]:
    """Package -> what its `__all__` says, sorted."""
    import accel_core

    found = {"accel_core": accel_core}
    for module in pkgutil.iter_modules(accel_core.__path__, "accel_core."):
        loaded = importlib.import_module(module.name)
        if hasattr(loaded, "__all__"):
            found[module.name] = loaded
    return {name: sorted(module.__all__) for name, module in sorted(found.items())}


def links() -> dict[str, dict[str, dict[str, Any]]]:
    """Page -> setting -> the words that a link may give it; of a number its bounds."""
    from streamlit.testing.v1 import AppTest

    from app import catalogue
    from app.hall import entry
    from app.session import settings

    asked: dict[str, settings.Setting] = {}
    admit = settings.admit

    def noted(*given: settings.Setting) -> None:
        asked.update({setting.key: setting for setting in given})
        admit(*given)

    settings.admit = noted
    entry.admitted = lambda: True  # a hall asks for its lessons once the presenter's token is shown
    found = {}
    for page in (page.name for page in catalogue.PAGES):
        asked.clear()
        tab = AppTest.from_file(str(APP / "main.py"), default_timeout=300)
        if page != "machine":
            tab.switch_page(f"{page}/{page}.py")
        tab.run()
        if tab.exception:
            sys.exit(f"The page {page} failed: {tab.exception}")
        if asked:
            found[page] = {key: words(setting) for key, setting in sorted(asked.items())}
    return found


def words(setting: Any) -> dict[str, Any]:
    """The words that a link may give a setting."""
    if hasattr(setting, "options"):
        return {"words": list(map(str, setting.options))}
    return {"words": [f"{setting.low:g}", f"{setting.high:g}"]}


def dump(store: Path) -> str:
    """A store as the statements that make it."""
    connection = sqlite3.connect(store)
    try:
        return "\n".join(connection.iterdump()) + "\n"
    finally:
        connection.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--store", type=Path, help="a records.db; without it records.sql stays as it is")
    parser.add_argument("--into", type=Path, default=HERE)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        own = dict.fromkeys(("ACCEL_HOME", "ACCEL_QUEUE", "ACCEL_HOST_LOCK"), home)
        os.environ.update(own, ACCEL_MACHINE=str(recorded_hosts.path_of(recorded_hosts.USUAL)))
        for name, found in (("names", names()), ("links", links())):
            text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
            (given.into / f"{name}.json").write_text(text, encoding="utf-8")
    if given.store:
        (given.into / "records.sql").write_text(dump(given.store), encoding="utf-8")


if __name__ == "__main__":
    main()
