"""Which host of a pool is unlike those that should be like it, and what the roofs of all hosts say.

Hosts are alike where their hardware is the same and they may use as many cores. Each roof is divided by the
median of that roof over the alike hosts; a host's value for a memory level or for computing, on one thread or
on all, is the median of these ratios. Values within 2 % of one truth differ from their median by at most
1.02 / 0.98, which is less than NOTICED: such hosts are never called outliers. The second condition keeps a
group quiet that scatters as a whole: 1.4826 times the median absolute deviation estimates the standard
deviation of a normal distribution (F. R. Hampel, The Influence Curve and Its Role in Robust Estimation, J. Am.
Stat. Assoc. 69, 1974), and three of them are the cautious choice (C. Leys et al., J. Exp. Soc. Psychol. 49,
2013).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from accel_core.model import LEVELS
from accel_core.model.fleet import HostRoofs
from accel_core.model.hosts import Host
from accel_core.readings.ratios import EVEN
from accel_core.units import format_count, format_number

LEAST_ALIKE = 3
"""Of two that differ nobody can say which one is odd."""
NOTICED = math.log(1 + EVEN)
DEVIATIONS, SCALED_MAD = 3.0, 1.4826
MOST_NAMED = 3
"""Outlying values of one host that a sentence tells."""
RULE = (
    f"An outlier differs by more than {100 * EVEN:g} % from the median of its alike hosts (the same hardware, "
    f"as many cores), and by more than {DEVIATIONS:g} scaled median absolute deviations ({SCALED_MAD} MAD); of "
    f"fewer than {LEAST_ALIKE} alike hosts none is named. Compared is each memory level and computing, on one "
    "thread and on all: the median over the roofs of that kind. Disturbed roofs do not count."
)


@dataclass(frozen=True, slots=True)
class Part:
    """What is compared: one memory level or computing, at a number of threads."""

    level: str
    """Empty for computing."""
    threads: int

    @property
    def said(self) -> str:
        """ "L2 on 1 thread", "computing on 4 threads"."""
        return f"{self.level or 'computing'} on {format_count(self.threads, 'thread')}"


@dataclass(frozen=True, slots=True)
class Group:
    """Hosts that are alike, in the order in which they were given, and how their roofs compare."""

    hosts: tuple[HostRoofs, ...]
    ratios: Mapping[Part, Mapping[str, float]]
    """By part and host: the value of the host, the median of the alike hosts being 1."""
    outliers: Mapping[str, Mapping[Part, float]]
    """By host: the ratios that the rule names; hosts without any are left out."""

    @property
    def title(self) -> str:
        """ "AMD EPYC 9B45, 2 cores"."""
        return hardware(self.hosts[0].host)

    @property
    def compared(self) -> frozenset[str]:
        """Hosts that the rule can judge: with as many others they have an undisturbed roof of one kind."""
        return frozenset(name for of in self.ratios.values() if len(of) >= LEAST_ALIKE for name in of)

    @property
    def widest(self) -> float:
        """The largest ratio, or inverse of one, that a host has; 1 where nothing is compared."""
        return math.exp(
            max((abs(math.log(r)) for of in self.ratios.values() for r in of.values()), default=0.0)
        )


def hardware(host: Host) -> str:
    """ "AMD EPYC 9B45, 2 cores"."""
    return f"{host.machine.cpu}, {format_count(host.machine.cores.allowed, 'core')}"


def alike_hosts(hosts: Sequence[Host]) -> list[tuple[Host, ...]]:
    """The hosts, those of the same hardware and as many cores together; the largest group first."""
    found: dict[tuple[str, int], list[Host]] = defaultdict(list)
    for host in hosts:
        found[host.machine.fingerprint, host.machine.cores.allowed].append(host)
    return sorted(map(tuple, found.values()), key=lambda group: (-len(group), group[0].name))


def groups(found: Sequence[HostRoofs]) -> list[Group]:
    """The hosts in groups of alike ones, the largest first, each compared with its own group."""
    by_name = {one.host.name: one for one in found}
    return [
        _compared(tuple(by_name[host.name] for host in alike))
        for alike in alike_hosts([one.host for one in found])
    ]


def _compared(hosts: tuple[HostRoofs, ...]) -> Group:
    ratios = _ratios(hosts)
    outliers: dict[str, dict[Part, float]] = defaultdict(dict)
    for part, of in ratios.items():
        if len(of) < LEAST_ALIKE:
            continue
        logs = {name: math.log(ratio) for name, ratio in of.items()}
        most = max(NOTICED, DEVIATIONS * SCALED_MAD * median(map(abs, logs.values())))
        for name, x in logs.items():
            if abs(x) > most:
                outliers[name][part] = of[name]
    return Group(hosts, ratios, dict(outliers))


def _ratios(hosts: Sequence[HostRoofs]) -> dict[Part, dict[str, float]]:
    """By part and host, the median of its roofs' ratios to the medians of all hosts that have the roof."""
    values: dict[tuple[Part, str], dict[str, float]] = defaultdict(dict)
    for one in hosts:
        for roof in one.ceilings:
            if roof.source == "measured" and roof.value > 0 and not roof.disturbed_reason:
                values[Part(roof.level or "", roof.threads), roof.name][one.host.name] = roof.value
    found: dict[Part, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for (part, _), of in values.items():
        if len(of) > 1:  # alone it would compare with itself
            middle = median(of.values())
            for name, value in of.items():
                found[part][name].append(value / middle)
    order = ["", *LEVELS]
    return {
        part: {name: median(many) for name, many in found[part].items()}
        for part in sorted(found, key=lambda part: (order.index(part.level), part.threads))
    }


def fleet_reading(found: Sequence[Group]) -> list[str]:
    """A sentence about each group: who is an outlier, by how much; or that nobody is."""
    return [sentence for group in found for sentence in _said(group)]


def _said(group: Group) -> list[str]:
    measured = [one for one in group.hosts if one.ceilings]
    if not measured:
        return [f"No roof of {_names(group.hosts)} was measured ({group.title})."]
    if len(measured) < LEAST_ALIKE:
        verb = "has" if len(measured) == 1 else "have"
        return [
            f"{_names(measured)} {verb} hardware of {'its' if len(measured) == 1 else 'their'} own "
            f"({group.title}): an outlier is named from {LEAST_ALIKE} alike hosts on."
        ]
    if not group.compared:
        return [
            f"The {len(measured)} alike hosts ({group.title}) cannot be compared: too many of their roofs were "
            "disturbed. Measure again while nothing else runs on them."
        ]
    left_out = [one for one in measured if one.host.name not in group.compared]
    rest = [f"Not compared, as roofs were disturbed: {_names(left_out)}."] if left_out else []
    if group.outliers:
        return [*(_outlier(group, name) for name in group.outliers), *rest]
    apart = format_number((group.widest - 1) * 100, 2)
    none = f"None of the {len(group.compared)} alike hosts" + (" that can be compared" if left_out else "")
    return [f"{none} is an outlier ({group.title}): they lie within {apart} % of their medians.", *rest]


def _outlier(group: Group, name: str) -> str:
    parts = group.outliers[name]
    farthest = sorted(parts, key=lambda part: -abs(math.log(parts[part])))
    told = [f"{format_number(parts[part], 2)} at {part.said}" for part in farthest[:MOST_NAMED]]
    more = len(parts) - MOST_NAMED
    told += [f"{format_count(more, 'more part')} as unlike"] if more > 0 else []
    alike = sum(bool(one.ceilings) for one in group.hosts)
    which = "the outlier" if len(group.outliers) == 1 else "an outlier"
    said = f"**{name}** is {which} of {alike} alike hosts ({group.title}). Of their median it has {_and(told)}."
    host = next(one.host for one in group.hosts if one.host.name == name)
    if host.shares:
        said += f" It shares its computer with {_and(host.shares)}, which may be the cause."
    return said


def fleet_alt(found: Sequence[Group]) -> str:
    """How many hosts stand in the picture, in which groups, and which are outliers."""
    hosts = [one for group in found for one in group.hosts if one.ceilings]
    if not hosts:
        return "No host of the pool has measured its roofs yet."
    kinds = "; ".join(f"{_names(group.hosts)}: {group.title}" for group in found)
    odd = [name for group in found for name in group.outliers]
    outliers = f"Outlier: {_and(odd)}." if odd else "No outlier."
    return f"Roofs of {format_count(len(hosts), 'host')} of the pool. {kinds}. {outliers}"


def nothing_compared(found: Sequence[Group]) -> str:
    """Why no host can be held against those like it."""
    if any(sum(bool(one.ceilings) for one in group.hosts) > 1 for group in found):
        return "Alike hosts cannot be compared: their roofs were disturbed."
    return "Hosts that are alike will be compared here, once two of them were measured."


def ratios_alt(found: Sequence[Group]) -> str:
    """How far the hosts of each group lie apart, and which are outliers at what."""
    compared = [group for group in found if group.ratios]
    if not compared:
        return nothing_compared(found)
    told = []
    for group in compared:
        apart = format_number((group.widest - 1) * 100, 2)
        odd = [f"{name} at {_and([part.said for part in parts])}" for name, parts in group.outliers.items()]
        outliers = f"outlier: {'; '.join(odd)}" if odd else "no outlier"
        told.append(f"{_names(group.hosts)} ({group.title}) within {apart} % of their medians, {outliers}")
    return f"Each host against the median of its alike hosts: {'. '.join(told)}."


def fleet_rows(found: Sequence[Group]) -> list[dict[str, str]]:
    """One line a host and part: its ratio to the median of the alike hosts, and whether the rule names it."""
    return [
        {
            "Host": name,
            "Hardware": group.title,
            "Part": part.said,
            "Of the median": format_number(ratio, 3),
            "Outlier": "yes" if part in group.outliers.get(name, ()) else "no",
        }
        for group in found
        for part, of in group.ratios.items()
        for name, ratio in of.items()
    ]


def sharing(hosts: Sequence[Host]) -> list[str]:
    """A sentence about each computer that several hosts of the pool share."""
    found = {tuple(sorted((host.name, *host.shares))) for host in hosts if host.shares}
    return [
        f"{_and(names)} share one computer and disturb each other: their figures are not those of "
        f"{len(names)} computers."
        for names in sorted(found)
    ]


def _names(hosts: Sequence[HostRoofs]) -> str:
    return _and([one.host.name for one in hosts])


def _and(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
