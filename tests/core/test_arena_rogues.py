"""The rogues' gallery: every cheat gets the verdict and the sentence that its header says, and sees nothing.

They are tried at small sizes, where a cheat is a cheat as well; `tests/faults/gallery.py` takes the events as
they are.
"""

from __future__ import annotations

import ast
import json
import platform
import random
import re
import secrets
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import walls
from mutants import mutants, odd_files
from rogue_room import EVENTS, judged

from accel_core.arena.event import MOST_CODE_BYTES
from accel_core.arena.files import events
from accel_core.arena.rogues import Rogue, read, rogues
from accel_core.arena.starter import starter
from accel_core.cli import arena
from accel_core.errors import BadInput
from accel_core.judge import judging, players, rounds
from accel_core.model.arena import ACCEPTED, REFUSED, VERDICTS, Verdict
from accel_core.studies.arena import check_code

ROGUES = rogues()
HERE = [one for one in ROGUES if one.needs in ("", platform.machine())]
LINE, SENTENCE = 112, 500
walled = pytest.mark.skipif(not walls.LINUX, reason="no wall stands on this system")


def names(found: list[Rogue] | tuple[Rogue, ...]) -> list[str]:
    return [rogue.name for rogue in found]


def rogue(name: str) -> Rogue:
    return next(one for one in ROGUES if one.name == name)


# -- the texts -------------------------------------------------------------------------------------------------


def test_the_gallery_holds_thirty_cheats_and_says_which_have_no_complete_defence() -> None:
    assert len(ROGUES) >= 30
    partly = {rogue.name for rogue in ROGUES if rogue.holds != "fully"}
    assert "carried_library" in partly
    assert sum(rogue.event.endswith("-all") for rogue in ROGUES) >= 6
    assert all(rogue.holds.startswith("partly, because ") for rogue in ROGUES if rogue.name in partly)


@pytest.mark.parametrize("rogue", ROGUES, ids=names(ROGUES))
def test_every_rogue_says_what_it_tries_and_is_a_file_that_somebody_could_hand_in(rogue: Rogue) -> None:
    assert rogue.event in {event.name for event in events()} & set(EVENTS)
    assert rogue.verdict in (REFUSED, ACCEPTED)
    assert bool(rogue.says) == (rogue.verdict == REFUSED)
    assert rogue.tries.endswith(".") and rogue.tries[0].isupper()
    assert len(rogue.code.encode()) <= MOST_CODE_BYTES
    assert max(map(len, rogue.code.splitlines())) <= LINE
    ast.parse(rogue.code)


def test_a_header_may_go_on_in_the_next_line_and_ends_with_the_comments() -> None:
    text = "# event: gelu-one\n# verdict: refused\n# tries: a\n#   b\n# holds: partly\nx = 1\n# says: no\n"
    rogue = read("name", text)
    assert (rogue.tries, rogue.holds, rogue.says, rogue.code) == ("a b", "partly", "", text)
    with pytest.raises(KeyError):
        read("name", "x = 1\n")


# -- what becomes of them --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Canaries:
    """What no child may see: a file, a variable of the environment, and a port that somebody listens at."""

    word: str
    folder: Path
    port: socket.socket

    def seen_at_the_port(self) -> bool:
        """Whether anybody has knocked since the last look."""
        self.port.settimeout(0.01)
        try:
            self.port.accept()[0].close()
        except TimeoutError:
            return False
        return True


@pytest.fixture
def canaries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Canaries]:
    """They are there while a rogue is judged."""
    walls.require(walls.LINUX)
    word = f"canary-{secrets.token_hex(8)}"
    (tmp_path / word).write_text(word)
    monkeypatch.setenv("ACCEL_CANARY", word)
    monkeypatch.setenv("HOME", str(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as port:
        yield Canaries(word, tmp_path, port)


CALLS = {"FIRST_CALL_S": 1.0, "CALL_S": 1.0}
LIMITS: dict[str, dict[str, float]] = {
    **dict.fromkeys(
        ("fill_time", "sleep_at_import", "stops_itself", "spinning_threads", "more_threads"), CALLS
    ),
    "slow_compile": {"COMPILE_S": 2.0},
    "fill_memory": {"MEMORY_BYTES": 600 * 1024**2},
}
"""Less time and memory than the judge's own for what never ends, and for what takes all there is."""


def shorten(limits: dict[str, float], monkeypatch: pytest.MonkeyPatch) -> None:
    """Set limits of the judge wherever they are known by name."""
    for name, value in limits.items():
        assert hasattr(players, name)
        for module in (players, rounds, judging):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, value)


def check_sentence(found: Verdict) -> None:
    """One sentence that any page and terminal takes."""
    assert found.verdict in VERDICTS
    if found.verdict == REFUSED:
        assert found.reason and found.score is None
    assert found.reason.isprintable() and len(found.reason) <= SENTENCE
    assert "Traceback" not in found.reason


@walled
@pytest.mark.parametrize("rogue", HERE, ids=names(HERE))
def test_every_rogue_gets_its_verdict_and_sees_no_canary(
    rogue: Rogue, canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(LIMITS.get(rogue.name, {}), monkeypatch)
    found = judged(rogue.event, rogue.code)
    assert (found.verdict, rogue.says in found.reason) == (rogue.verdict, True), found.reason
    check_sentence(found)
    assert canaries.word not in json.dumps(found.to_dict())
    assert not canaries.seen_at_the_port()
    assert not [child for child in psutil.Process().children() if "boot.py" in " ".join(child.cmdline())]


@pytest.mark.parametrize("name", ["canary_environment", "canary_file", "canary_port"])
def test_without_a_wall_a_rogue_sees_the_canary(name: str, canaries: Canaries) -> None:
    """So the wall is what hides it, and not the rogue that does not look."""
    code = re.sub(r"for root in \(.*\):", f"for root in ({str(canaries.folder)!r},):", rogue(name).code)
    code = code.replace("47_811", str(canaries.port.getsockname()[1]))
    code = code.replace("{*listening, 22, 80, 443, 8501, ", "{")
    found = judged("matmul-open", code, walled=False)
    assert found.verdict == REFUSED
    if name == "canary_port":
        assert canaries.seen_at_the_port() and "reached the ports" in found.reason
    else:
        assert canaries.word in found.reason


@walled
@pytest.mark.parametrize("name", ["matmul-one", "gelu-open"])
def test_starter_code_is_right_and_no_cheat(name: str) -> None:
    walls.require_wall()
    assert judged(name, starter(EVENTS[name])).verdict == ACCEPTED


# -- what nobody wrote -----------------------------------------------------------------------------------------

OPEN = [rogue.code for rogue in ROGUES if rogue.event == "matmul-open" and "sleep" not in rogue.code]


@walled
def test_every_file_that_is_changed_at_random_ends_in_a_sentence(
    canaries: Canaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    shorten(CALLS, monkeypatch)
    for what, _, data in mutants(random.Random(0), OPEN, 20):
        found = judged("matmul-open", data.decode("utf-8", "surrogateescape"))
        check_sentence(found)
        assert canaries.word not in json.dumps(found.to_dict()), what


def test_a_file_that_is_no_program_is_turned_away_in_a_sentence(tmp_path: Path) -> None:
    for what, path in odd_files(tmp_path).items():
        try:
            code = check_code(arena._read(str(path)))
        except BadInput as error:
            assert str(error).isprintable() and len(str(error)) <= SENTENCE, what
            continue
        found = judged("matmul-open", code)
        check_sentence(found)
        assert (found.verdict, found.stage) == (REFUSED, "read"), what
