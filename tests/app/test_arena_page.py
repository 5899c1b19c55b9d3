"""The page Arena: board, entries, handing in, history, cheats; and what others wrote stays text."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import arena_verdicts as made
import pytest
from conftest import Open
from figure_records import ENVIRONMENT, ceilings
from records_of import store_peaks
from streamlit.testing.v1 import AppTest

from accel_core.arena.rogues import rogues
from accel_core.machine import detect
from accel_core.model import ArenaEntry, Ruling
from accel_core.model.arena import REFUSED
from accel_core.store import Entries, Store
from accel_core.store.persons import person_now
from accel_core.studies import arena as desk
from accel_core.wall import Standing
from app.arena.editor import said
from app.session import cached, jobs, samples

EVENT, PASSPHRASE = "matmul-one", "correct horse battery"
WHEN = "2026-11-10T10:00:00.000000+00:00"
SAMPLED = (
    {"score": 61.2, "score_low": 60.0, "score_high": 62.0},
    {"score": 3.4, "score_low": 3.3, "score_high": 3.5},
)
"""What the entries of a sample got."""


@pytest.fixture(autouse=True)
def _walled(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the wall stands; no entry is judged in the background."""
    stand(monkeypatch, "")
    monkeypatch.setattr(desk.background(), "wake", lambda: None)


def stand(monkeypatch: pytest.MonkeyPatch, reason: str) -> None:
    monkeypatch.setattr("accel_core.wall.standing", lambda: Standing(not reason, reason, ()))


def hand_in(
    id: str, person: str, score: float, *, open: bool = False, code: str = "x = 1\n", **more: Any
) -> None:
    """An entry that was judged and confirmed, or what `more` says of its verdict."""
    records, here = Entries(Store()), detect().fingerprint
    records.add(person_now(person, PASSPHRASE))
    records.add(ArenaEntry(id, EVENT, person, code, WHEN, open))
    ends = {"score": score, "score_low": score * 0.98, "score_high": score * 1.02}
    for at, confirms in enumerate(("", f"{id} 0")):
        found = {
            "event": EVENT,
            "entry": id,
            "id": f"{id} {at}",
            "confirms": confirms,
            "fingerprint": here,
            **ends,
        }
        records.add(made.verdict(**{**found, **more}))


def told(app: AppTest) -> str:
    """All that the page says, tables and the data of components among it."""
    kinds = ("markdown", "text", "caption", "info", "warning", "error", "code", "subheader")
    said = [str(one.value) for kind in kinds for one in app.get(kind)]
    return "\n".join([*said, *(one.value.to_csv() for one in app.dataframe)])


@pytest.fixture
def sample(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two entries that another machine judged."""
    entries = [ArenaEntry(f"s{at}", EVENT, name, "x = 1\n", WHEN) for at, name in enumerate(("tiles", "loops"))]
    found = [
        made.verdict(entry=one.id, id=f"{one.id} {at}", confirms=f"{one.id} 0" if at else "", **ends)
        for one, ends in zip(entries, SAMPLED, strict=True)
        for at in range(2)
    ]
    record = {
        "machine": replace(detect(), cpu="Another CPU", fingerprint="f1").to_dict(),
        "entries": [one.to_dict() for one in entries],
        "verdicts": [one.to_dict() for one in found],
    }
    path = tmp_path / "sample_arena.json"
    path.write_text(json.dumps(record), encoding="utf-8")
    monkeypatch.setattr(samples, "ARENA", path)


def test_an_empty_board_is_that_of_a_sample_and_says_so(open_page: Open, sample: None):
    app = open_page("arena")
    alt = app.get("plotly_chart")[0].proto.alt
    assert alt.startswith("Sample: another machine (Another CPU). ")
    assert "rank 1 tiles 61.2" in alt and "rank 2 loops 3.40" in alt and "NumPy" in alt
    assert "Nobody stands on the board of this machine yet" in app.info[0].value
    assert "on the machine of the sample. The best score is **61.2**" in told(app)
    assert app.button(key="write first")


def test_no_sample_is_shown_beside_an_own_entry(open_page: Open, sample: None):
    hand_in("e1", "ada", 68.2)
    app = open_page("arena")
    alt = app.get("plotly_chart")[0].proto.alt
    assert "rank 1 ada" in alt and "rank 2" not in alt and "sample" not in (alt + told(app)).casefold()


def test_an_event_without_a_sample_says_what_to_do(open_page: Open, sample: None):
    app = open_page("arena", event="gelu-one")
    assert not app.get("plotly_chart") and app.button(key="write first")
    said = told(app)
    assert "Nobody stands on the board of gelu-one yet." in said and "1. **Write**" in said
    assert "what the roof of this machine allows" in said
    assert "so the first verdict counts" in told(open_page("arena", event="misses-32k"))


def test_an_empty_board_without_a_sample_leads_to_what_to_do(
    open_page: Open, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(samples, "ARENA", tmp_path / "none.json")
    app = open_page("arena")
    assert not app.get("plotly_chart")
    app.button(key="write first").click().run()
    assert "Define `matmul(a, b, out)`" in told(app)
    assert not app.button(key="try").disabled or "roof" in told(app)


def test_the_board_shows_the_best_of_each_beside_the_rungs_and_what_was_annulled(open_page: Open):
    hand_in("e1", "ada", 68.2)
    hand_in("e2", "bob", 20.0)
    hand_in("e3", "cy", 30.0)
    Entries(Store()).add(Ruling("e3", "annul", "It calls [a library](https://x.example).", WHEN))
    app = open_page("arena", event=EVENT)
    alt = app.get("plotly_chart")[0].proto.alt
    assert "rank 1 ada 68.2; " in alt and "rank 2 bob 20.0" in alt and "cy" not in alt
    assert "The best score is **68.2**" in told(app) and "annulled" in told(app)


def test_an_entry_has_its_table_its_roofline_and_why(open_page: Open):
    hand_in("e1", "ada", 68.2)
    app = open_page("arena", event=EVENT, entry="e1")
    said = told(app)
    assert "Entry of ada" in said and "68.2 of 100" in said and "129×2048×127" in said
    assert "reaches **0.80** of its roof" in said and "100 × (0.800 × 0.750" in said
    assert "its author hands it in as open" in said  # the code is not shown
    app.button(key="back").click().run()
    assert "entry" not in app.query_params


def test_a_board_says_by_which_roofs_and_an_entry_what_it_scored_under_others(open_page: Open):
    """The judge knew 60 GFLOP/s, and 117.7 are known now."""
    hand_in("e1", "ada", 68.2)
    store = Store()
    for roof in ceilings():
        store.save_peak(detect().fingerprint, ENVIRONMENT, roof)
    app = open_page("arena", event=EVENT)
    assert "All scores are held against the same roofs" in told(app)
    assert "(118 GFLOP/s on one thread; last measured 20" in told(app) and "ada 68.2" not in told(app)
    app = open_page("arena", event=EVENT, entry="e1")
    assert "When it was judged, the score was 68.2: other roofs were known then." in told(app)
    assert "68.2 of 100" not in told(app)


def test_an_address_of_an_unknown_entry_is_a_sentence(open_page: Open):
    app = open_page("arena", entry="<script>")
    assert ["which this event does not have" in one.value for one in app.warning] == [True]


def test_going_to_another_part_leaves_the_entry(open_page: Open):
    hand_in("e1", "ada", 68.2)
    app = open_page("arena", event=EVENT, entry="e1")
    app.session_state["show"] = "history"
    app.run()
    assert "entry" not in app.query_params and "Entry of ada" not in told(app)


@pytest.mark.parametrize("part", [{}, {"entry": "e1"}])
def test_what_somebody_wrote_is_text_and_nothing_else(open_page: Open, part: dict[str, str]):
    hand_in("e1", "ada", 50.0, open=True, code=f"# {made.EVIL}\n", reason=made.EVIL)
    Entries(Store()).add(Ruling("e1", "hide" if not part else "restore", made.EVIL, WHEN))
    app = open_page("arena", event=EVENT, **part)
    whole = json.dumps([str(one.proto) for one in app.main], ensure_ascii=False)
    assert not {"\u202e", "\x1b"} & {*whole, *told(app)}
    assert "https://evil.example" not in "\n".join(str(one.value) for one in app.markdown)
    assert not [one for one in app.get("html") if "evil" in str(one.proto)]


def test_code_that_is_open_is_shown_as_code_and_can_be_taken(open_page: Open):
    hand_in("e1", "ada", 50.0, open=True, code="def matmul(a, b, out):\n    pass\n")
    app = open_page("arena", event=EVENT, entry="e1")
    assert [one.value for one in app.code if "matmul" in one.value]
    app.button(key="take code").click().run()
    assert app.session_state[f"arena code {EVENT}"] == "def matmul(a, b, out):\n    pass\n"
    assert "Define `matmul(a, b, out)`" in told(app)


def test_without_a_wall_nothing_is_taken_and_the_rest_works(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    stand(monkeypatch, "bubblewrap is not installed.")
    hand_in("e1", "ada", 50.0)
    app = open_page("arena", event=EVENT, show="write")
    (why,) = [one.value for one in app.info if "bubblewrap is not installed" in one.value]
    assert f"accel arena try FILE --event {EVENT}" in why
    assert app.button(key="try").disabled
    assert "ada" in open_page("arena", event=EVENT).get("plotly_chart")[0].proto.alt


def test_without_roofs_the_page_offers_to_measure_them(open_page: Open):
    app = open_page("arena", event=EVENT, show="write")
    assert app.button(key="try").disabled and "no score without it" in told(app)
    assert "Measure the roof" in app.button(key="measure roofs").label


def test_whether_the_roofs_are_known_is_asked_once_until_something_comes(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    asked: list[str] = []
    missing = desk.missing_roofs
    monkeypatch.setattr(
        desk, "missing_roofs", lambda event, **more: asked.append(event.name) or missing(event, **more)
    )
    app = open_page("arena", event=EVENT, show="write")
    assert app.button(key="measure roofs")
    store_peaks()
    cached.forget_stored()
    for _ in range(3):
        app.run()
        assert not app.button(key="try").disabled
    assert asked == [EVENT] * 2


def test_try_queues_the_code_of_this_tab_and_keeps_nothing(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    asked: list[str] = []
    monkeypatch.setattr(jobs, "begin", lambda submit: submit("owner", None))
    monkeypatch.setattr(desk, "try_out", lambda event, code, owner, **more: asked.append(code))
    store_peaks()
    app = open_page("arena", event=EVENT, show="write")
    app.session_state[f"arena code {EVENT}"] = "x = 2"
    app.button(key="try").click().run()
    assert asked == ["x = 2"] and Entries(Store()).entries() == []


def test_a_verdict_of_this_tab_is_shown_with_the_input_that_fails(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    failing = {"shape": "2 x 2 x 2", "expected": "[[19, 22],\n [43, 50]]", "got": made.EVIL}
    wrong = {"verdict": REFUSED, "stage": "tests", "score": None, "sizes": (), "reason": made.EVIL}
    found = made.verdict(event=EVENT, tried=True, failing=failing, **wrong)
    monkeypatch.setattr(jobs, "results", lambda: ("", [found]))
    app = open_page("arena", event=EVENT, show="write")
    said = told(app)
    assert "Refused at the step “Tests”" in said and "earlier text of your code" in said
    assert any("43,50" in frame.value.to_csv() for frame in app.dataframe)
    assert "evil" not in "\n".join(one.value for one in app.markdown)


def test_handing_in_stores_the_entry_and_signs_in(open_page: Open):
    store_peaks()
    app = open_page("arena", event=EVENT, show="write")
    app.session_state[f"arena code {EVENT}"] = "x = 3"
    app.text_input(key="arena nickname").set_value("ada")
    app.text_input(key="arena passphrase").set_value(PASSPHRASE)
    button = next(one for one in app.button if one.label == "Hand in")
    button.click().run()
    assert not app.error
    (entry,) = Entries(Store()).entries(EVENT)
    assert entry.person == "ada" and not entry.open
    assert Entries(Store()).entry(entry.id).code == "x = 3"  # type: ignore[union-attr]
    assert "waits for its verdict" in told(app)
    app.session_state["show"] = "history"
    app.run()
    assert "What ada handed in" in told(app) and "waits for its verdict" in told(app)


def test_a_wrong_passphrase_is_a_sentence_and_shows_nothing(open_page: Open):
    hand_in("e1", "ada", 50.0)
    app = open_page("arena", event=EVENT, show="history")
    app.text_input(key="arena nickname").set_value("ada")
    app.text_input(key="arena passphrase").set_value("another passphrase")
    next(one for one in app.button if one.label.startswith("Show")).click().run()
    assert ["another passphrase" in one.value for one in app.error] == [True]
    assert "What ada handed in" not in told(app)


def test_who_is_hidden_has_no_name_off_the_board_either(open_page: Open):
    hand_in("e1", "ada", 50.0, verdict=REFUSED)
    assert "Entry of ada" in told(open_page("arena", event=EVENT, entry="e1"))
    Entries(Store()).add(Ruling("e1", "hide", "It names somebody.", WHEN))
    said = told(open_page("arena", event=EVENT, entry="e1"))
    assert "Entry of hidden" in said and "ada" not in said


def test_an_entry_of_another_machine_is_shown_by_that_machines_board(open_page: Open):
    hand_in("e1", "ada", 50.0, fingerprint="another0machine")
    app = open_page("arena", event=EVENT, entry="e1", judged_on="another0")
    assert "50.0 of 100" in told(app)
    app = open_page("arena", event=EVENT, judged_on="another0")
    assert "rank 1 ada 50.0" in app.get("plotly_chart")[0].proto.alt


def test_looking_at_the_history_takes_no_nickname(open_page: Open):
    app = open_page("arena", event=EVENT, show="history")
    app.text_input(key="arena nickname").set_value("nobody")
    app.text_input(key="arena passphrase").set_value(PASSPHRASE)
    next(one for one in app.button if one.label.startswith("Show")).click().run()
    assert ["Nobody has the nickname" in one.value for one in app.error] == [True]
    assert Entries(Store()).person("nobody") is None


def test_an_order_of_triples_has_its_own_statement_and_misses_in_place_of_a_roofline(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(jobs, "results", lambda: ("", [made.counted()]))
    app = open_page("arena", event="misses-32k", show="write")
    assert "`order(m, k, n)`" in told(app) and "accesses miss" in told(app)
    (figure,) = app.get("plotly_chart")
    assert figure.proto.alt.startswith("Misses at each size. 96×96×96: 192,000 misses")


@pytest.mark.parametrize(
    ("file", "says"),
    [(b"x = 4\n", ""), (b"\xff\xfe", "UTF-8"), (b"#" * 70_000, "64 KiB")],
)
def test_an_uploaded_file_takes_the_place_of_the_code(open_page: Open, file: bytes, says: str):
    app = open_page("arena", event=EVENT, show="write")
    app.get("file_uploader")[0].set_value(("kernel.py", file, "text/x-python"))
    app.run()
    assert not app.exception
    if says:
        assert says in "\n".join(one.value for one in app.error)
    else:
        assert app.session_state[f"arena code {EVENT}"] == "x = 4\n"


def test_the_editor_is_heard_of_its_own_text_only():
    assert said({"code": {"put": "a", "text": "x"}}, "a") == "x"
    forged: list[Any] = [None, "x", {"put": "a"}, {"put": "b", "text": "x"}, {"put": "a", "text": 3}]
    assert [said({"code": state}, "a") for state in forged] == [None] * len(forged)
    assert [said(state, "a") for state in (None, {}, "x")] == [None] * 3


def test_a_cheat_shows_no_answer_before_the_guess(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    stand(monkeypatch, "bubblewrap is not installed.")
    one = next(one for one in rogues() if one.says)
    app = open_page("arena", show="cheats", cheat=one.name)
    assert "verdict:" not in told(app) and one.says not in told(app)
    assert app.button(key="say cheat").disabled
    app.radio(key=f"arena cheat guess {one.name}").set_value(one.verdict)
    app.run()
    app.button(key="say cheat").click().run()
    assert "You guessed it." in told(app) and "On record, not judged here" in told(app)


def test_only_a_presenter_can_rule(open_page: Open, monkeypatch: pytest.MonkeyPatch):
    from accel_core.hall import gate

    hand_in("e1", "ada", 50.0)
    assert not [one for one in open_page("arena", event=EVENT, entry="e1").button if one.label == "Decide"]
    monkeypatch.setattr(gate(), "knows", lambda browser: True)
    app = open_page("arena", event=EVENT, entry="e1")
    app.text_input(key="arena reason").set_value("A library's code lies inside.")
    next(one for one in app.button if one.label == "Decide").click().run()
    assert [one.what for one in Entries(Store()).rulings("e1")] == ["hide"]
    assert "Entry of hidden" in told(app)
