"""Links, command lines and jobs that nobody would write by accident, drawn at random."""

from __future__ import annotations

import argparse
import random
from collections.abc import Mapping, Sequence
from typing import Any

from accel_core.cli.arguments import _parser
from app.session import settings

Link = dict[str, list[str]]
TEXTS = (
    "", " ", "nan", "inf", "-inf", "1e308", "1e-320", "-1", "0", "1", "7", "9" * 5000, "x" * 5000, "\x00",
    "٣", "²", "½", "1_0", "0x10", "+5", "--", "-", "None", "null", "[]", "{}", "..", "<b onload=x>",
    "$(id)", "`id`", "*_[x](javascript:1)", "a\nb", "\u202eevil", "🧮", "é" * 100, "1;2", "1,2", ",", "=", "&",
    "float32 ", "FLOAT32", "true", "2,2,2", "4x5x6", "1e3", "5.5", "matmul", "matmul/numpy", "block=8,16",
)  # fmt: skip
UNKNOWN = ("job", "since", "step", "from", "theme", "embed", "embed_options", "lens", "kernels", "x" * 300, "")
"""Names that no setting of a page may have."""
ODD: tuple[Any, ...] = (
    10**5000, -(10**5000), 2**63, -1, 0, 1, 0.5, True, None, float("nan"), float("inf"), 1e308, b"bytes",
    "\ud800", "a\nb", (), (1,), [], [[]], {}, {"a": {}}, set(), {"z": [1]}, object(), "9" * 5000,
    [0] * 1000, range(5),
)  # fmt: skip


def text(pick: random.Random) -> str:
    """One of the strange ones, two of them joined, or letters from anywhere."""
    match pick.randrange(6):
        case 0:
            return pick.choice(TEXTS) + pick.choice(TEXTS)
        case 1:
            return "".join(
                chr(pick.choice((pick.randrange(1, 128), pick.randrange(160, 0xD800)))) for _ in range(9)
            )
        case 2:
            return str(pick.choice((-1, 1)) * pick.randrange(10 ** pick.randrange(1, 30)))
        case _:
            return pick.choice(TEXTS)


# -- links ---------------------------------------------------------------------------------------------------


def link(pick: random.Random, known: Mapping[str, settings.Setting]) -> Link:
    """Some of a page's settings, one in two as it may be, with names that it does not know among them."""
    names = [name for name in sorted(known) if pick.random() < 0.6]
    drawn = {name: _values(pick, known[name]) for name in names}
    if pick.random() < 0.3:
        drawn[pick.choice(UNKNOWN)] = [text(pick)]
    return drawn


def _values(pick: random.Random, setting: settings.Setting) -> list[str]:
    return [_value(pick, setting) for _ in range(pick.choice((1, 1, 1, 2, 5)))]


def _value(pick: random.Random, setting: settings.Setting) -> str:
    if pick.random() < 0.5:
        return text(pick)
    if isinstance(setting, settings.Number):
        return f"{pick.uniform(setting.low, setting.high):.15g}"
    return str(pick.choice(setting.options))


# -- command lines -------------------------------------------------------------------------------------------

PLAUSIBLE: Mapping[str, Sequence[str]] = {
    "kernel": ("matmul/numpy", "matmul/compiled_tiled", "gelu/fused", "matmul/python_lists", "softmax/numpy"),
    "workload": ("matmul", "gelu"),
    "operation": ("matmul", "gelu", "add"),
    "model": ("matmul", "gelu", "copy"),
    "size": ("1", "16", "33"),
    "sizes": ("8,16", "4x5x6"),
    "shape": ("4,5,6", "8", "2,2"),
    "block": ("2", "8", "4,4,4"),
    "over": ("block=2,4", "size=8,16", "threads=1"),
    "threads": ("1", "2"),
    "budget": ("0.01",),
    "html": ("out.html", "missing/out.html", "."),
    "dump": ("missing/out.npz",),
    "cache": ("classroom", "1024:4:64", "cpu"),
}
SAME = {"a": "kernel", "b": "kernel", "kernels": "kernel"}


def command(pick: random.Random) -> list[str]:
    """A command of the command line with some of its options, one value in three a strange one."""
    commands = next(a for a in _parser()[0]._actions if isinstance(a, argparse._SubParsersAction)).choices
    name = pick.choice(sorted(commands))
    words = [name if pick.random() < 0.95 else text(pick)]
    for action in commands[name]._actions:
        wanted = action.required or not action.option_strings or action.dest == "budget"
        if isinstance(action, argparse._HelpAction) or pick.random() > (0.95 if wanted else 0.3):
            continue
        words += action.option_strings[-1:]
        if action.nargs != 0:
            words.append(_word(pick, action))
    if pick.random() < 0.1:
        words.insert(pick.randrange(len(words) + 1), text(pick))
    return words


def _word(pick: random.Random, action: argparse.Action) -> str:
    if pick.random() < 0.3 and action.dest != "dump":
        return text(pick).replace("/", "-")  # no file outside the folder that this runs in
    known = PLAUSIBLE.get(SAME.get(action.dest, action.dest), ())
    return pick.choice([*known, *map(str, action.choices or ())] or [text(pick)])


# -- jobs ----------------------------------------------------------------------------------------------------


def job(pick: random.Random, sound: Sequence[Mapping[str, Any]]) -> Any:
    """A sound job in which some entries, at any depth, are something else; or no job at all."""
    if pick.random() < 0.03:
        return pick.choice(ODD)
    changed: Any = dict(pick.choice(sound))
    for _ in range(pick.randrange(4)):
        changed = _with_one(pick, changed)
    if pick.random() < 0.05:
        changed[pick.choice(("colour", 7, None, "cases", "x" * 5000))] = pick.choice(ODD)
    return changed


def _with_one(pick: random.Random, value: Any, depth: int = 0) -> Any:
    """`value` with one entry at any depth replaced, taken out or doubled."""
    if not isinstance(value, dict | list) or not value or (depth and pick.random() < 0.2):
        return pick.choice(ODD) if pick.random() < 0.6 else text(pick)
    copied: Any = dict(value) if isinstance(value, dict) else list(value)
    at = pick.choice(list(copied) if isinstance(copied, dict) else range(len(copied)))
    match pick.randrange(8):
        case 0:
            del copied[at]
        case 1 if isinstance(copied, list):
            copied.append(copied[at])
        case _:
            copied[at] = _with_one(pick, copied[at], depth + 1)
    return copied
