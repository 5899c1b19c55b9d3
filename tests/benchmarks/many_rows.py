"""Does reading a store grow with its records? What pages ask of it, with few measurements and with many.

    python tests/benchmarks/many_rows.py [--few 1000] [--many 1000000] [--cases 300] [--rounds 7] [--json FILE]

Fills a SQLite file and a PostgreSQL (started as the tests start theirs, without fsync) with measurements of as
many cases, made up; only their number differs. Each method is called in a Store of its own; times are medians
of the rounds, after one that is not counted. "first look" is what a server reads once, when it starts.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tests"), str(REPOSITORY / "tests" / "core")]

from figure_records import measurement, peaks  # noqa: E402
from postgres_server import PostgresServer  # noqa: E402
from sqlalchemy import insert  # noqa: E402

from accel_core.machine import environment  # noqa: E402
from accel_core.store import Entries, Recent, Store, cases  # noqa: E402
from accel_core.store.copying import as_text  # noqa: E402
from accel_core.store.tables import CASES, HEADS, MEASUREMENTS  # noqa: E402

HERE = "fp"
BATCH = 20_000
YEARS = 3.0
Rows = list[dict[str, Any]]


def made_up(count: int, number_of_cases: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Rows of MEASUREMENTS and of CASES, oldest first: cases in turns."""
    start = datetime(2024, 1, 1, tzinfo=UTC)
    like = replace(measurement("numpy", 1e9), fingerprint=HERE, samples_s=(1e-3, 2e-3, 3e-3))
    alike = [replace(like, parameters={"block": case}) for case in range(number_of_cases)]
    keys = [cases.case_key(one) for one in alike]
    texts = [json.dumps({**one.to_dict(), "id": "*id*", "created": "*created*"}) for one in alike]
    names = ("workload", "kernel", "dtype", "threads", "size")
    columns = {name: getattr(like, name) for name in names}
    for number in range(count):
        case = number % number_of_cases
        created = (start + timedelta(days=365 * YEARS * number / count)).isoformat(timespec="microseconds")
        id = f"{number:032x}"
        payload = texts[case].replace("*id*", id).replace("*created*", created)
        row = {
            "row": number + 1,
            "id": id,
            "created": created,
            "fingerprint": HERE,
            **columns,
            "payload": payload,
        }
        of_case = {name: row[name] for name in ("row", "fingerprint", "kernel", "dtype", "threads", "created")}
        yield row, {**of_case, "case": keys[case]}


def fill(store: Store, count: int, number_of_cases: int) -> None:
    """Roofs, and `count` measurements."""
    known = peaks()
    for part in (*known.ceilings, *known.latencies, *known.curve, known.clock):
        if part is not None:
            store.save_peak(HERE, environment(), part)
    rows, heads = made_up(count, number_of_cases), {}
    while some := list(islice(rows, BATCH)):
        both = [row for row, _ in some], [case for _, case in some]
        heads |= {case["case"]: {**case, "last": case["row"]} for case in both[1]}
        with store.database.writing() as connection:
            for table, given in zip((MEASUREMENTS, CASES), both, strict=True):
                if connection.dialect.name == "postgresql":
                    _copy(connection.connection.dbapi_connection, table.name, given)
                else:
                    connection.execute(insert(as_text(table)), given)
    with store.database.writing() as connection:
        connection.execute(insert(HEADS), list(heads.values()))
    with store.database.writing() as connection:
        connection.exec_driver_sql("ANALYZE")  # as a server does by itself


def _copy(connection: Any, table: str, rows: Rows) -> None:
    names = ", ".join(f'"{name}"' for name in rows[0])
    with connection.cursor().copy(f"COPY {table} ({names}) FROM STDIN") as into:
        for row in rows:
            into.write_row(list(row.values()))


def asked(store: Store) -> dict[str, Callable[[], object]]:
    """What pages and commands ask of a store, by the place that asks."""
    recent = Recent(store, HERE, environment())
    recent.look()

    def again() -> object:
        recent.forget()
        return recent.look()

    setting = {"dtype": "float32", "threads": 1}
    return {
        "every page: Recent.look, nothing new": again,
        "first look of a server": lambda: Recent(store, HERE, environment()).look(),
        "accel roofline: newest": lambda: store.newest(HERE),
        "all points: sampled": lambda: store.sampled(HERE, 1000, **setting),  # type: ignore[arg-type]
        "each job: measurements(limit=500)": lambda: store.measurements(HERE, limit=500),
        "each job: peaks": lambda: store.peaks(HERE),
        "each job: calibrations": lambda: store.calibrations(HERE, environment()),
        "lessons: guesses and answers": lambda: (store.guesses(HERE), store.answers()),
        "transformer: block_runs": lambda: store.block_runs(HERE),
        "arena: mark": lambda: Entries(store).mark(),
        "arena: entries, judged, rulings": lambda: (
            Entries(store).entries(),
            Entries(store).judged(),
            Entries(store).rulings(),
        ),
        "count": lambda: store.count(HERE),
    }


def timed(act: Callable[[], object], rounds: int) -> float:
    """Seconds: the median of some rounds."""
    took = []
    for _ in range(rounds + 1):
        start = time.perf_counter()
        act()
        took.append(time.perf_counter() - start)
    return median(took[1:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--few", type=int, default=1_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--cases", type=int, default=300)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    rows: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        server = PostgresServer()
        try:
            for count in (options.few, options.many):
                for name, url in (("SQLite", f"sqlite:///{folder}/{count}.db"), ("PostgreSQL", server.url())):
                    store, start = Store(url), time.perf_counter()
                    fill(store, count, options.cases)
                    print(f"{name}: {count} rows in {time.perf_counter() - start:.0f} s", file=sys.stderr)
                    for what, act in asked(store).items():
                        rows.setdefault(what, {})[f"{name} {count}"] = timed(act, options.rounds)
        finally:
            server.close()
    print(f"{'ms':<38}" + "".join(f"{name:>20}" for name in next(iter(rows.values()))) + "   ratios")
    for what, took in rows.items():
        few = [took[f"{name} {options.few}"] for name in ("SQLite", "PostgreSQL")]
        many = [took[f"{name} {options.many}"] for name in ("SQLite", "PostgreSQL")]
        ratios = "".join(f"{m / f:8.2f}" for f, m in zip(few, many, strict=True))
        print(f"{what:<38}" + "".join(f"{1000 * value:>20.2f}" for value in took.values()) + ratios)
    if options.json:
        options.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
