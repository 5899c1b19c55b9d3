"""The component's three texts. Its script is written as modules and joined here, in place of a build step."""

from __future__ import annotations

import re
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
MODULES = (
    "words",
    "colours",
    "trace",
    "sentence",
    "replay",
    "surface",
    "layout",
    "matrices",
    "levels",
    "panels",
    "picture",
    "screen",
    "player",
)
"""In an order in which each comes after what it imports: Streamlit takes one script, not several."""

IMPORT = re.compile(r"^import \{[^}]*\} from \"\./(\w+)\.js\";\n", re.MULTILINE)
_EXPORT = re.compile(r"^export (?!default)", re.MULTILINE)


def read(name: str) -> str:
    """The text of `name`, a file of this folder."""
    return (FOLDER / name).read_text(encoding="utf-8")


def script() -> str:
    """All modules as one: without their imports from one another, and exporting what Streamlit calls alone."""
    parts = (_EXPORT.sub("", IMPORT.sub("", read(f"js/{name}.js"))) for name in MODULES)
    return "\n".join(parts)
