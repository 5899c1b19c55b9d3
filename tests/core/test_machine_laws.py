"""Laws that hold on every recorded host and on the one that runs the tests."""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import fields
from itertools import combinations, pairwise

import pytest
import recorded_hosts as hosts

from accel_core.machine import cache_of, detect, last_level_bytes, measuring_cpus, sharers
from accel_core.machine import partial as names
from accel_core.machine.decide import decide
from accel_core.machine.partial import Partial, parse_cpu_list
from accel_core.machine.recorded import partials
from accel_core.model import Machine

EVERYWHERE = [*hosts.NAMES, "here"]

FACTS_OF = {
    "cpu": [names.PROCESSOR],
    "vendor": [names.VENDOR],
    "architecture": [names.ARCHITECTURE],
    "system": [names.SYSTEM],
    "cores": [names.PHYSICAL, names.LOGICAL, names.ALLOWED, names.ALLOWED_LIST],
    "caches": [names.CACHES],
    "simd": [names.FEATURES, names.WIDTH],
    "memory_bytes": [names.MEMORY],
    "clock_hz": [names.CLOCK],
}


def machine_of(name: str) -> Machine:
    return detect() if name == "here" else hosts.machine(name)


@pytest.fixture(params=EVERYWHERE)
def machine(request: pytest.FixtureRequest) -> Machine:
    return machine_of(request.param)


def test_there_are_recorded_hosts_of_each_system() -> None:
    assert {hosts.load(name)["system"] for name in hosts.NAMES} == {"Linux", "Darwin", "Windows"}


def test_every_field_has_a_fact_with_a_source(machine: Machine) -> None:
    facts = {fact.name: fact for fact in machine.facts}
    for field in fields(Machine):
        for name in FACTS_OF.get(field.name, []):
            assert facts[name].source, name
    assert set(FACTS_OF) | {"facts", "fingerprint", "pretended"} == {field.name for field in fields(Machine)}


def test_each_fact_is_listed_once(machine: Machine) -> None:
    listed = [fact.name for fact in machine.facts]
    assert len(listed) == len(set(listed))


def test_a_fact_that_sources_disagree_on_says_why_one_was_chosen(machine: Machine) -> None:
    for fact in machine.facts:
        if fact.others and fact.value is not None:
            assert fact.reason, fact.name


def test_every_cache_number_has_its_own_fact(machine: Machine) -> None:
    facts = {fact.name: fact.value for fact in machine.facts}
    for cache in machine.caches:
        assert facts[f"{cache.level} size"] == cache.size_bytes
        assert facts.get(f"{cache.level} ways") == cache.ways
        assert cache.source


def test_the_caches_described_are_those_of_the_processor_that_is_measured(machine: Machine) -> None:
    measured = measuring_cpus(machine, 1)
    for cache in machine.caches:
        if measured and cache.shared_cpus:
            assert measured[0] in cache.shared_cpus
            own = cache_of(machine, cache.level, measured[0])
            assert own is not None
            assert (own.size_bytes, own.ways, own.line_bytes, own.cpus) == (
                cache.size_bytes,
                cache.ways,
                cache.line_bytes,
                cache.shared_cpus,
            )


def test_a_processor_has_one_cache_of_a_level(machine: Machine) -> None:
    for cache in machine.caches:
        numbered = [cpu for group in cache.groups for cpu in group.cpus]
        assert len(numbered) == len(set(numbered)), cache.level
        assert sum(g.copies for g in cache.groups if g.size_bytes == cache.size_bytes) == cache.instances


def test_a_larger_team_never_touches_less_nor_shares_less(machine: Machine) -> None:
    teams = [measuring_cpus(machine, n) for n in range(1, machine.cores.allowed + 1)]
    for smaller, larger in pairwise(team for team in teams if team):
        for level in ("L1", "L2", "L3"):
            assert 1 <= sharers(machine, level, smaller) <= sharers(machine, level, larger) <= len(larger)
        assert last_level_bytes(machine, smaller) <= last_level_bytes(machine, larger)


def test_cache_sizes_rise_from_level_to_level(machine: Machine) -> None:
    sizes = [cache.size_bytes for cache in machine.caches]
    assert sizes == sorted(set(sizes))
    assert [cache.level for cache in machine.caches] == sorted(cache.level for cache in machine.caches)


def test_cores_are_ordered_one_allowed_logical(machine: Machine) -> None:
    cores = machine.cores
    assert 1 <= cores.allowed <= (cores.logical or cores.allowed)
    if cores.physical and cores.logical:
        assert cores.physical <= cores.logical


def test_the_vector_width_is_one_that_the_features_have(machine: Machine) -> None:
    width, features = machine.simd.width_bits, set(machine.simd.features)
    assert width in ((128, 256, 512) if features else (64,))
    assert (width == 512) == ("avx512f" in features)
    assert (width >= 256) == bool(features & {"avx", "avx2", "lasx"}) or machine.system == "Windows"


def test_the_record_survives_json(machine: Machine) -> None:
    assert Machine.from_dict(json.loads(json.dumps(machine.to_dict()))) == machine


def test_nothing_names_the_host_or_its_user(machine: Machine) -> None:
    text = json.dumps(machine.to_dict()).lower()
    private = [socket.gethostname(), os.environ.get("USER", ""), os.environ.get("USERNAME", "")]
    for word in private:
        if len(word) > 4 and word.lower() not in ("linux", "windows", "darwin"):  # "root" is an ordinary word
            assert not re.search(rf"\b{re.escape(word.lower())}\b", text)


def test_fingerprints_of_different_hosts_differ() -> None:
    prints = {name: hosts.machine(name).fingerprint for name in hosts.NAMES}
    for a, b in combinations(prints, 2):
        assert prints[a] != prints[b], (a, b)
    assert all(re.fullmatch("[0-9a-f]{16}", text) for text in prints.values())


@pytest.mark.parametrize("name", hosts.NAMES)
def test_the_fingerprint_does_not_know_affinity(name: str) -> None:
    host = hosts.load(name)
    before = decide(partials(host))
    narrowed = decide(partials({**host, "allowed": host["allowed"][-1:]}))
    assert narrowed.fingerprint == before.fingerprint
    if host["allowed"]:
        assert narrowed.cores.allowed == 1


@pytest.mark.parametrize("name", hosts.NAMES)
def test_a_machine_is_named_and_described_by_its_fastest_cores_where_it_may_run_on_them(name: str) -> None:
    machine = hosts.machine(name)
    facts = {fact.name: fact.value for fact in machine.facts}
    fast = parse_cpu_list(str(facts.get(names.FAST_LIST) or ""))
    measured = measuring_cpus(machine, 1)
    if fast and measured:
        assert measured[0] in fast
        assert machine.cpu == facts[names.PROCESSOR]


@pytest.mark.parametrize("name", hosts.NAMES)
def test_the_fingerprint_does_not_know_libraries_quota_or_clock(name: str) -> None:
    answers = partials(hosts.load(name))
    changing = Partial("tomorrow", {names.QUOTA: 1.0, names.CLOCK: 1.1e9, names.LLVM_TARGET: "new"})
    assert decide([changing, *answers]).fingerprint == decide(answers).fingerprint


@pytest.mark.parametrize("name", hosts.NAMES)
def test_the_fingerprint_knows_the_hardware(name: str) -> None:
    answers = partials(hosts.load(name))
    original = decide(answers)
    for fact, value in (
        (names.PROCESSOR, "another"),
        (names.FAMILY, 1000),
        (names.MODEL, 1000),
        (names.STEPPING, 1000),
        (names.PHYSICAL, 1000),
        (names.CACHES, "other caches"),
        (names.MEMORY, 2**50),
    ):
        other = decide([Partial("another machine", {fact: value}), *answers])
        assert other.fingerprint != original.fingerprint, fact


def test_detecting_twice_gives_the_same_fingerprint() -> None:
    assert detect().fingerprint == detect().fingerprint
