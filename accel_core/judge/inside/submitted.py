"""A submitted file: what it defines, and how its errors are told. Nothing but a walled child may use this."""

from __future__ import annotations

import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any

NAME = "submission"


class Refused(Exception):
    """The file is not what was asked for; the message is the sentence that its author gets."""


def run_file(path: Path) -> dict[str, Any]:
    """The names that the file defines."""
    module = sys.modules[NAME] = ModuleType(NAME)  # where dataclasses and type hints look for it
    names = module.__dict__
    names["__file__"] = str(path)
    try:
        exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)
    except SyntaxError as error:
        raise Refused(f"Line {error.lineno} is no Python: {error.msg}.") from None
    except BaseException as error:
        raise Refused(f"The file fails before its function is called: {words(error, path)}.") from None
    return names


def words(error: BaseException, path: Path, said: str | None = None) -> str:
    """Class, message and line of an error; `said` stands for class and message where it is given."""
    if said is None:
        text = " ".join(str(error).split())
        said = f"{type(error).__name__}: {text}" if text else type(error).__name__
    for place in {sys.prefix, sys.base_prefix} - {"/"}:  # it may lie in somebody's home
        said = said.replace(place, "…")
    at = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    number = getattr(getattr(error, "loc", None), "line", None) or (at[-1] if at else None)
    return f"{said[:200].rstrip('.:')}{f' (line {number})' if number else ''}"
