"""Loop orders and block traversals of the matrix product, and the cache simulator that they drive.

traversal, visits, text    what is run through, as plain data; how its blocks are visited; how its nest reads
nest, sweeps               the access stream, generated a piece at a time and never stored
geometry                   what a cache is; the two that have names
state, fields, lanes, sets, request, feeding, running    the simulator: arrays, and compiled functions over them
simulating, reuse, tracing, dump    counts, reuse distances, steps to look at, the stream for others
"""

from accel_core.cache.dump import dump
from accel_core.cache.geometry import CLASSROOM, CacheGeometry, cache_label, checked, cpu_caches, parse_caches
from accel_core.cache.results import Count, LevelCount, Reuse, Simulation
from accel_core.cache.simulating import check_length, simulate
from accel_core.cache.text import nest_text
from accel_core.cache.tracing import Trace, sentence, trace
from accel_core.cache.traversal import Operand, Traversal

__all__ = [
    "CLASSROOM",
    "CacheGeometry",
    "Count",
    "LevelCount",
    "Operand",
    "Reuse",
    "Simulation",
    "Trace",
    "Traversal",
    "cache_label",
    "check_length",
    "checked",
    "cpu_caches",
    "dump",
    "nest_text",
    "parse_caches",
    "sentence",
    "simulate",
    "trace",
]
