"""Loop orders and block traversals of the matrix product, and the cache simulator that they drive.

traversal, visits, text    what is run through, as plain data; how its blocks are visited; how its nest reads
nest, sweeps               the access stream, generated a piece at a time and never stored
geometry, own, written     what a cache is; those of a machine; how they are written
state, fields, levels, lanes, sets, request, feeding, running   the simulator: arrays, compiled functions
simulating, several, reuse, dump    counts, reuse distances, the stream for others
tracing, warming, rounds     steps to look at, from any on; where blocks begin
traffic                      the bytes of each memory level for a measured rung of the ladder
"""

from accel_core.cache.dump import dump
from accel_core.cache.geometry import CLASSROOM, CacheGeometry, checked
from accel_core.cache.own import cpu_caches, cpu_notes
from accel_core.cache.results import Count, LevelCount, Reuse, Simulation
from accel_core.cache.rounds import Rounds, rounds
from accel_core.cache.several import simulate_each
from accel_core.cache.simulating import check_length, simulate
from accel_core.cache.text import nest_text
from accel_core.cache.tracing import Trace, sentence, trace
from accel_core.cache.traffic import RUNG_ORDERS, rung_traversal, traffic
from accel_core.cache.traversal import Operand, Traversal
from accel_core.cache.written import cache_label, cache_notes, parse_caches

__all__ = [
    "CLASSROOM",
    "RUNG_ORDERS",
    "CacheGeometry",
    "Count",
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
