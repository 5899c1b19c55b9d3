"""The rogues' gallery: every cheat gets the verdict and the sentence that its header says."""

from __future__ import annotations

import ast

import pytest

from accel_core.arena.event import MOST_CODE_BYTES
from accel_core.arena.rogues import Rogue, read, rogues
from accel_core.model.arena import ACCEPTED, REFUSED

ROGUES = rogues()
NAMES = [rogue.name for rogue in ROGUES]
LINE = 112


# -- the texts -------------------------------------------------------------------------------------------------


def test_the_gallery_holds_thirty_cheats_and_says_which_have_no_complete_defence() -> None:
    assert len(ROGUES) >= 30
    partly = {rogue.name for rogue in ROGUES if rogue.holds != "fully"}
    assert "carried_library" in partly
    assert all(rogue.holds.startswith("partly, because ") for rogue in ROGUES if rogue.name in partly)


@pytest.mark.parametrize("rogue", ROGUES, ids=NAMES)
def test_every_rogue_says_what_it_tries_and_is_a_file_that_somebody_could_hand_in(rogue: Rogue) -> None:
    assert rogue.event.rpartition("-")[2] in ("one", "all", "open")
    assert rogue.verdict in (REFUSED, ACCEPTED)
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
