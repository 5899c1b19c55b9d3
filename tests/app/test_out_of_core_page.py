"""A product on a disk on the Lab: shown where one was run on this machine, and nowhere else."""

from __future__ import annotations

from dataclasses import replace

from conftest import Open
from out_of_core_records import a_run

from accel_core.machine import detect
from accel_core.readings import out_of_core as said
from accel_core.store import Store
from app.session import cached

TITLE = "Beyond one memory"


def titles(app: object) -> str:
    return " ".join(one.label for one in app.expander)  # type: ignore[attr-defined]


def test_the_lab_shows_the_newest_runs_of_this_machine_and_is_as_before_without_any(open_page: Open) -> None:
    here, store = detect().fingerprint, Store()
    store.save("out_of_core_run", replace(a_run(512), fingerprint="another"), "another")
    app = open_page("lab")
    assert TITLE not in titles(app)
    runs = [replace(a_run(block), fingerprint=here) for block in (256, 1024)]
    for run in runs:
        store.save("out_of_core_run", run, here)
    cached.forget_stored()
    app = open_page("lab")
    assert TITLE in titles(app)
    alts = [str(one.proto.alt) for one in app.get("plotly_chart")]
    assert said.alt(runs) in alts
    assert any("times as much" in str(one.value) for one in app.markdown)
