"""What is installed from a wheel is all of both packages: texts, scripts and styles too."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("accel_core", "app")
UNPACKED = re.compile(r"__pycache__|\.py[co]$|/\.ipynb_checkpoints/")
SPDX = 'license = "MIT"'
"""Which setuptools before 77 takes for a mistake."""


def files_below(folder: Path) -> set[str]:
    """What lies in both packages, by its path in them."""
    found = (path for name in PACKAGES for path in (folder / name).rglob("*") if path.is_file())
    return {told for path in found if not UNPACKED.search(told := path.relative_to(folder).as_posix())}


@pytest.mark.skipif(importlib.util.find_spec("setuptools") is None, reason="setuptools is not installed")
def test_a_wheel_has_every_file_of_both_packages(tmp_path: Path) -> None:
    """`build_py` lays out what a wheel packs; nothing is fetched for it."""
    source, built = tmp_path / "source", tmp_path / "built"
    source.mkdir()
    for name in PACKAGES:
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert SPDX in text
    (source / "pyproject.toml").write_text(text.replace(f"{SPDX}\n", ""), encoding="utf-8")
    shutil.copy(ROOT / "README.md", source)
    words = ["-c", "import setuptools; setuptools.setup()", "-q", "build_py", "--build-lib", str(built)]
    subprocess.run([sys.executable, "-W", "ignore", *words], cwd=source, check=True, capture_output=True)
    missing = files_below(source) - files_below(built)
    assert not missing, f"a wheel lacks {sorted(missing)}"
    assert {"app/traversal/player/js/player.js", "app/.streamlit/config.toml"} <= files_below(built)
