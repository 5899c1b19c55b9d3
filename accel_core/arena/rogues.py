"""The rogues' gallery: submissions that cheat, each a text in rogues/, with the verdict that it gets.

They are kept as text, and nothing here imports or runs them. A header of comments says what a rogue tries and
what becomes of it:

    # event: matmul-open
    # verdict: refused
    # says: part of the sentence that it gets
    # tries: what it tries, in a sentence
    # holds: partly, because ... (only where no complete defence exists)
    # needs: x86_64 (only where it is made for one architecture)

An "accepted" one was scored honestly: what it tries brings nothing. Where `holds` says "partly", no defence is
complete, for a judge that looks at answers and times cannot tell these from honest work: machine code of a
library, or of another program, carried inside the file (`carried_library`, `another_program`); somebody else's
text or a kernel of this program (`copied_rung`, `borrowed_kernel`); code that is right for the printed
distribution of inputs alone (`made_for_the_distribution`); and a little less precision than float32 has, within
the tolerance (`fewer_bits`). Only a person who reads the code sees them, so code is open after the deadline.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib import resources

FIELDS = re.compile(r"# (event|verdict|says|tries|holds|needs): (.*)")
CONTINUED = "#   "


@dataclass(frozen=True, slots=True)
class Rogue:
    """A cheat, and what becomes of it."""

    name: str
    event: str
    """Name of the event that it is handed in to."""
    verdict: str
    """One of `model.arena.VERDICTS`."""
    says: str
    """Part of the sentence that it gets; empty where it is accepted."""
    tries: str
    """What it tries, in a sentence."""
    holds: str
    """"fully", or "partly" and why."""
    needs: str
    """The architecture that it is made for; empty where any will do."""
    code: str
    """The whole file, its header among it."""


@cache
def rogues() -> tuple[Rogue, ...]:
    """All of them, by name."""
    folder = resources.files("accel_core.arena") / "rogues"
    texts = sorted((file for file in folder.iterdir() if file.name.endswith(".txt")), key=lambda f: f.name)
    return tuple(read(file.name.removesuffix(".txt"), file.read_text(encoding="utf-8")) for file in texts)


def read(name: str, text: str) -> Rogue:
    """The rogue in a file's text; KeyError where its header lacks event, verdict or tries."""
    found: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        if field := FIELDS.fullmatch(line):
            last, value = field.groups()
            found[last] = value.strip()
        elif last and line.startswith(CONTINUED):
            found[last] += f" {line.removeprefix(CONTINUED).strip()}"
        else:
            break
    return Rogue(
        name=name,
        event=found["event"],
        verdict=found["verdict"],
        says=found.get("says", ""),
        tries=found["tries"],
        holds=found.get("holds", "fully"),
        needs=found.get("needs", ""),
        code=text,
    )
