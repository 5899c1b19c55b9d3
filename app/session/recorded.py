"""What the page Traversal shows at first, simulated beforehand: nobody waits for the compiler to see it.

`python assets/record_traversal.py` computes them anew. They are the same on every machine, as a simulation
measures nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from accel_core.cache import CLASSROOM, CacheGeometry, Simulation, Traversal
from accel_core.studies import orders
from app.session.assets import ASSETS

if TYPE_CHECKING:
    from accel_core.cache import Trace

RECORD = ASSETS / "first_traversal.npz"
FIRST = Traversal((8, 8, 8))
TRACED = tuple(replace(FIRST, order=order) for order in ("ijk", "ikj"))
"""What plays with the first settings of the page, all of it,"""
COUNTED = tuple(dict.fromkeys([*TRACED, *map(orders.tiny, orders.CASES)]))
"""and what is counted: those, and the four cases below."""
Caches = tuple[CacheGeometry, ...]


def trace_key(traversal: Traversal, caches: Caches, first: int, start: int) -> Any:
    """What a trace is kept by; one that goes on to the end is the same however far it was asked to go."""
    return "trace", traversal, caches, min(first, traversal.accesses - start), start


def counts_key(traversal: Traversal, caches: Caches) -> Any:
    """What the counts of a whole traversal are kept by."""
    return "counts", traversal, caches


def keyed() -> dict[Any, Trace | Simulation]:
    """What comes with the app, by the keys of what is simulated here."""
    from accel_core.cache import Trace

    return {
        trace_key(one.traversal, one.caches, len(one), one.start)
        if isinstance(one, Trace)
        else counts_key(one.traversal, tuple(level.cache for level in one.levels)): one
        for one in read()
    }


def write(traces: Iterable[Trace], simulations: Iterable[Simulation], target: Path = RECORD) -> None:
    """Keep them in a compressed file of NumPy's."""
    arrays: dict[str, np.ndarray] = {}
    described = []
    for number, trace in enumerate(traces):
        plain: dict[str, Any] = {"caches": [asdict(cache) for cache in trace.caches]}
        plain["traversal"] = trace.traversal.to_dict()
        for name, value in vars(trace).items():
            if isinstance(value, np.ndarray):
                arrays[f"{number} {name}"] = value
            elif name in ("nest", "total", "start"):
                plain[name] = value
        for level, held in enumerate(trace.held):
            arrays |= {f"{number} held {level} {name}": value for name, value in vars(held).items()}
        described.append(plain)
    counts = [simulation.to_dict() for simulation in simulations]
    arrays["json"] = np.array(json.dumps({"traces": described, "counts": counts}))
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]


def read(path: Path = RECORD) -> Iterator[Trace | Simulation]:
    """What was written, its arrays read-only; nothing where the file is missing or is none of ours."""
    from accel_core.cache import Trace
    from accel_core.cache.warming import Held

    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        record = json.loads(str(arrays.pop("json")))
        for array in arrays.values():
            array.setflags(write=False)
        for number, plain in enumerate(record["traces"]):
            caches = tuple(CacheGeometry(**cache) for cache in plain["caches"])
            held = tuple(
                Held(arrays[f"{number} held {level} line"], arrays[f"{number} held {level} dirty"])
                for level in range(len(caches))
            )
            known = {**plain, "nest": tuple(plain["nest"]), "caches": caches, "held": held}
            known["traversal"] = Traversal.from_dict(plain["traversal"])
            for field in fields(Trace):
                known.setdefault(field.name, arrays.get(f"{number} {field.name}"))
            yield Trace(**known)
        yield from map(Simulation.from_dict, record["counts"])
    except (OSError, ValueError, KeyError, TypeError):
        return


def compute() -> tuple[list[Trace], list[Simulation]]:
    """What is to be written."""
    from accel_core.cache import simulate, trace

    most = max(one.accesses for one in TRACED)
    return [trace(one, CLASSROOM, most) for one in TRACED], [simulate(one, CLASSROOM) for one in COUNTED]
