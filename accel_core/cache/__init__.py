"""Loop orders and block traversals of the matrix product, and the cache simulator that they drive.

geometry, own, written       what a cache is; those of a machine; how they are written
stream/                      traversal, visits, text, iterations: what is run through, as plain data
                             nest, sweeps: the access stream, generated a piece at a time and never stored
engine/                      state, levels, lanes, sets, request, strided, feeding, running: the simulator
fields                       where things lie in the arrays of both
simulating, several, results counts, of one traversal and of many, as plain records
reuse                        reuse distances
tracing, warming             steps to look at, from any on
accesses, dump               the stream for others
ordered, forced              a product in any order, triple by triple; what its layout forces on it
traffic                      the bytes of each memory level for a measured rung of the ladder
progress, effort, compiling  how far that is; how long it takes; its machine code, made elsewhere

What needs the compiler is imported when it is first used: plain data of it is stored and shown without.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from accel_core.cache.dump import dump
from accel_core.cache.geometry import CLASSROOM, CacheGeometry, checked
from accel_core.cache.own import cpu_caches, cpu_notes
from accel_core.cache.results import Count, LevelCount, Reuse, Simulation
from accel_core.cache.stream.iterations import Iterations, iterations
from accel_core.cache.stream.text import nest_text
from accel_core.cache.stream.traversal import Operand, Traversal
from accel_core.cache.traffic import RUNG_ORDERS, rung_traversal, traffic
from accel_core.cache.written import cache_label, cache_notes, parse_caches
from accel_core.machine.compiler import require_compiler

if TYPE_CHECKING:
    from accel_core.cache.several import simulate_each
    from accel_core.cache.simulating import check_length, simulate
    from accel_core.cache.tracing import Trace, sentence, trace

_COMPILED = {
    "simulate_each": "several",
    "check_length": "simulating",
    "simulate": "simulating",
    "Trace": "tracing",
    "sentence": "tracing",
    "trace": "tracing",
}
"""Name -> its module, which needs the compiler: imported when the name is first used."""

Rounds, rounds = Iterations, iterations
"""What these were called before, for programs of then."""

__all__ = [
    "CLASSROOM",
    "RUNG_ORDERS",
    "CacheGeometry",
    "Count",
    "Iterations",
    "LevelCount",
    "Operand",
    "Reuse",
    "Rounds",
    "Simulation",
    "Trace",
    "Traversal",
    "cache_label",
    "cache_notes",
    "check_length",
    "checked",
    "cpu_caches",
    "cpu_notes",
    "dump",
    "iterations",
    "nest_text",
    "parse_caches",
    "rounds",
    "rung_traversal",
    "sentence",
    "simulate",
    "simulate_each",
    "trace",
    "traffic",
]


def __getattr__(name: str) -> Any:
    if name not in _COMPILED:
        raise AttributeError(f"module 'accel_core.cache' has no attribute {name!r}")
    require_compiler()
    found = globals()[name] = getattr(import_module(f"accel_core.cache.{_COMPILED[name]}"), name)
    return found
