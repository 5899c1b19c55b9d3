"""Links to simulations from many tabs at once: tests/faults/simulation_links.py in short."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import recorded_hosts
import simulation_links
from conftest import APP
from servers import serve


def test_every_link_of_many_tabs_is_answered_though_one_long_simulation_runs_at_a_time(tmp_path: Path) -> None:
    host = str(recorded_hosts.path_of(recorded_hosts.USUAL))
    asked = list(simulation_links.links(8, size=96))
    with ExitStack() as stack:
        url = stack.enter_context(serve(APP / "main.py", tmp_path, ACCEL_MACHINE=host))
        answers = simulation_links.attack(url, 4, asked, stack)
    assert len(answers) == len({str(link) for link in asked}) == 8
    assert not any(answer.errors for answer in answers), [answer.errors for answer in answers]
