"""Settings of the packed product on this machine: what to measure, what it fills, and what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from accel_core import registry
from accel_core.kernels.matmul.blocking import L1, L2, L3, TYPICAL_BYTES, Blocking, blocking
from accel_core.kernels.matmul.micro_kernel import ROWS, TILES, Registers, registers
from accel_core.kernels.matmul.plan import of_tuning
from accel_core.kernels.tuned import find
from accel_core.model import DRAM, ITEM_BYTES, LEVELS, Case, Environment, Machine, Measurement
from accel_core.model.tuning import Tuning
from accel_core.readings.panel_rates import Point, Rates
from accel_core.readings.panels import Panel
from accel_core.readings.sweep import Mark
from accel_core.studies import experiments
from accel_core.studies.experiments import Setup
from accel_core.studies.record import Record

KERNEL = "matmul/packed"
WORKLOAD, PACKED = registry.kernel(KERNEL)
SWEPT = 8
"""Depths that a sweep of KC tries."""
DEEPER = 4
"""How many times deeper than that from the caches the deepest of them is."""
Lengths = tuple[int, int, int, int]
"""mr, mc, kc and nc."""


def from_caches(machine: Machine, dtype: str, tile: int = ROWS) -> Blocking:
    """The block lengths that follow from the caches of `machine`, for a register tile of so many rows.

    From the sizes that the system reports, as the kernel itself derives them.
    """
    return blocking(dtype, {c.level: c.system_bytes for c in machine.caches}, tile, registers_of(machine))


def tuned(machine: Machine, dtype: str, environment: Environment) -> tuple[Tuning | None, Blocking | None]:
    """The newest tuning of `machine`, and the block lengths that it found; None where it found none that
    are faster than those from the caches."""
    found = find(dtype, machine, environment)
    plan = of_tuning(found) if found else None
    return found, plan.blocks if plan else None


def registers_of(machine: Machine) -> Registers:
    """The vector registers of one of its cores."""
    return registers(machine.simd.features, machine.architecture == "arm64")


def case(blocks: Blocking, size: int, dtype: str) -> Case:
    """The packed product with every length given, so that nothing is left unpacked."""
    parameters = {"tile": blocks.mr, "mc": blocks.mc, "kc": blocks.kc, "nc": blocks.nc}
    return Case(KERNEL, size, dtype, 1, parameters)


def cut(blocks: Blocking, size: int) -> Lengths:
    """mr, mc, kc and nc as they run on square matrices."""
    ran = blocks.cut(*WORKLOAD.shape(size))
    return ran.mr, ran.mc, ran.kc, ran.nc


def comparison(asked: Blocking, others: Sequence[Blocking], size: int, dtype: str) -> list[Case]:
    """The chosen setting, those of `others` that run as no other does, and NumPy, all on one thread."""
    rivals = {cut(blocks, size): blocks for blocks in (*others, asked)}
    mine = rivals.pop(cut(asked, size))
    return [*(case(b, size, dtype) for b in (mine, *rivals.values())), numpy(size, dtype)]


def numpy(size: int, dtype: str) -> Case:
    """NumPy's product of the same matrices on one thread."""
    return experiments.case_of(WORKLOAD, WORKLOAD.kernel("numpy"), Setup(size, dtype, 1))


def depths(asked: Blocking, usual_kc: int, size: int) -> list[int]:
    """The KC of a sweep, rising: halvings from a few times the usual one, all different as they run."""
    found: dict[int, int] = {}
    kc = usual_kc * DEEPER
    while kc and len(found) < SWEPT:
        found.setdefault(cut(asked.given(kc=kc), size)[2], kc)
        kc //= 2
    return sorted(found.values())


def sweep(machine: Machine, asked: Blocking, size: int, dtype: str) -> list[Case]:
    """The chosen setting at other depths, around that from the caches for its tile, and NumPy."""
    around = depths(asked, from_caches(machine, dtype, asked.mr).kc, size)
    return [*(case(asked.given(kc=kc), size, dtype) for kc in around), numpy(size, dtype)]


def panels(machine: Machine, asked: Blocking, derived: Blocking, size: int, dtype: str) -> list[Panel]:
    """Each level with its block, cut as it runs at `size`."""
    item = ITEM_BYTES[dtype]
    mine, its = (b.cut(*WORKLOAD.shape(size)) for b in (asked, derived))
    known = {c.level: c.size_bytes for c in machine.caches}
    own = registers_of(machine)
    whole = own.count * own.width_bits // 8
    tile, its_tile = (b.mr * b.nr * item for b in (mine, its))
    found = [Panel("registers", L1, "tile of c", "mr x nr", mine.mr, mine.nr, tile, whole, its_tile)]
    kinds = {
        L1: ("micro-panel of a", "mr x kc", mine.mr, mine.kc),
        L2: ("block of b", "kc x nc", mine.kc, mine.nc),
        L3: ("block of a", "mc x kc", mine.mc, mine.kc),
    }
    last = next(level for level in LEVELS[len(kinds) :] if level in known or level == DRAM)
    for (level, kind), beyond in zip(kinds.items(), (L2, L3, last), strict=True):
        amount = mine.bytes_in(level, item), known.get(level, TYPICAL_BYTES[level]), its.bytes_in(level, item)
        found.append(Panel(level, beyond, *kind, *amount, assumed=level not in known))
    return found


def marks(machine: Machine, asked: Blocking, dtype: str) -> list[Mark]:
    """The KC at which a micro-panel of a fills L1, and a block of b of the chosen NC fills L2."""
    item = ITEM_BYTES[dtype]
    places = ((L1, "micro-panel of a fills L1", asked.mr), (L2, "block of b fills L2", asked.nc))
    return [
        Mark(cache.size_bytes / (across * item), text, level)
        for level, text, across in places
        if (cache := machine.cache(level))
    ]


def rates(
    record: Record, asked: Blocking, derived: Blocking, size: int, dtype: str, best: Blocking | None = None
) -> Rates:
    """The newest measurement of each setting at this size and type, and NumPy's nearest in time; `best` are the
    tuned blocks."""
    alike = [
        m
        for m in record.measurements
        if (tuple(m.shape), m.dtype, m.threads) == (tuple(WORKLOAD.shape(size)), dtype, 1)
    ]
    newest: dict[Lengths, Measurement] = {}
    for m in alike:
        if m.kernel == KERNEL and (ran := as_it_ran(record.machine, m)):
            newest.setdefault(ran, m)
    chosen = newest.get(cut(asked, size))
    libraries = [m for m in alike if m.kernel == "matmul/numpy"]
    if chosen is not None:
        libraries.sort(key=lambda m: abs(_moment(m) - _moment(chosen)))
    points = tuple(Point(ran, m) for ran, m in newest.items())
    won = cut(best, size) if best else None
    return Rates(cut(asked, size), cut(derived, size), points, next(iter(libraries), None), won)


def as_it_ran(machine: Machine, m: Measurement) -> Lengths | None:
    """mr, mc, kc and nc of a measurement of the packed product; None where it may have packed less than all."""
    given = {name: int(m.parameters.get(name, 0)) for name in ("tile", "mc", "kc", "nc")}
    tile = given.pop("tile")
    if not (tile or any(given.values())) or tile not in (0, *TILES):
        return None
    return cut(from_caches(machine, m.dtype, tile or ROWS).given(**given), m.size)


def _moment(m: Measurement) -> float:
    return datetime.fromisoformat(m.created).timestamp()
