"""The desk of a pool: which job goes to which host, in whose turn."""

from __future__ import annotations

from dataclasses import replace

import recorded_hosts

from accel_core.model.hosts import Host, Wanted
from accel_core.pool.desk import Desk

XEON, ZEN = recorded_hosts.machine("linux-emerald-rapids-vm"), recorded_hosts.machine("linux-zen5-vm")
ANY = Wanted()


def host(name: str, machine=XEON, **more) -> Host:
    return Host(name, machine, version="1", **more)


def desk(*hosts: Host) -> Desk:
    made = Desk("1")
    for one in hosts:
        made.came(f"at {one.name}", one)
    return made


def enter(at: Desk, *ids: str, wanted: Wanted = ANY) -> None:
    """Queue up jobs; the first letter of each is its owner."""
    for id in ids:
        at.enter(id, id[0], "a client", wanted)


def running(at: Desk) -> dict[str, str]:
    """Which job each host has."""
    return {at.hosts[one.host].name: id for id, one in at.orders.items() if one.host}


def served(at: Desk) -> list[str]:
    """In which order the jobs get the only host."""
    order = []
    while at.orders:
        (now,) = running(at).values()
        order.append(now)
        at.leave(now)
    return order


def test_owners_take_turns_and_each_is_served_in_order() -> None:
    at = desk(host("one"))
    enter(at, "a1", "a2", "a3", "b1", "b2", "c1")
    assert served(at) == ["a1", "b1", "c1", "a2", "b2", "a3"]


def test_a_host_that_does_not_answer_is_given_no_job_until_it_does() -> None:
    at = desk(host("one", silent=True), host("two"))
    enter(at, "a1", "a2")
    assert running(at) == {"two": "a1"}
    at.came("at one", host("one"))
    assert running(at) == {"one": "a2", "two": "a1"}


def test_who_has_hosts_already_stands_behind_who_has_none() -> None:
    at = desk(host("one"), host("two"))
    enter(at, "a1", "a2", "a3", "b1")
    assert running(at) == {"one": "a1", "two": "a2"}
    at.leave("a2")
    assert running(at) == {"one": "a1", "two": "b1"}


def test_a_free_host_goes_to_who_has_none_though_another_came_first() -> None:
    at = desk(host("one"), host("two"))
    enter(at, "a1", "c1", "a2", "b1")
    at.leave("c1")
    assert running(at) == {"one": "a1", "two": "b1"}


def test_no_host_has_two_jobs_and_none_stands_idle_while_one_waits() -> None:
    at = desk(host("one"), host("two"), host("three"))
    enter(at, "a1", "b1", "c1", "d1", "e1")
    assert sorted(running(at)) == ["one", "three", "two"]
    at.leave("b1")
    assert sorted(running(at).values()) == ["a1", "c1", "d1"]


def test_a_job_goes_to_the_host_or_the_hardware_that_it_asks_for() -> None:
    at = desk(host("one"), host("two", ZEN))
    enter(at, "a1", wanted=Wanted(name="two"))
    enter(at, "b1", wanted=Wanted(fingerprint=ZEN.fingerprint))
    assert running(at) == {"two": "a1"}
    at.leave("a1")
    assert running(at) == {"two": "b1"}


def test_hardware_is_named_by_what_stays() -> None:
    now = replace(XEON, clock_hz=9e9, cores=replace(XEON.cores, allowed=1, quota=0.5))
    assert Wanted(fingerprint=XEON.fingerprint).suits(host("one", now))
    assert not Wanted(fingerprint=ZEN.fingerprint).suits(host("one", now))
    assert host("one").is_alike(host("two", now)) and not host("one").is_alike(host("two", ZEN))


def test_hosts_where_somebody_else_measures_come_last() -> None:
    at = desk(host("one", busy="measures for somebody on the host"), host("two", waiting=1), host("zoo"))
    enter(at, "a1")
    assert running(at) == {"zoo": "a1"}


def test_a_host_of_another_version_gets_nothing() -> None:
    at = desk(replace(host("one"), version="2"))
    enter(at, "a1")
    assert not running(at)
    assert not at.standings("a client")["a1"].possible


def test_a_job_is_told_how_many_go_before_it_and_where_it_runs() -> None:
    at = desk(host("one"), host("two"))
    enter(at, "a1", "b1", "c1", "d1")
    told = at.standings("a client")
    assert [told[id].place for id in ("a1", "b1", "c1", "d1")] == [0, 0, 1, 2]
    assert [told[id].host for id in ("a1", "c1")] == ["at one", ""]
    assert not at.standings("another")


def test_who_waits_for_another_host_is_not_before_one() -> None:
    at = desk(host("one"), host("two", ZEN))
    enter(at, "a1", "b1", "c1", wanted=Wanted(name="two"))
    enter(at, "d1", "e1", wanted=Wanted(name="one"))
    assert at.standings("a client")["e1"].place == 1
    assert at.standings("a client")["c1"].place == 2


def test_a_job_whose_host_goes_away_is_told_so_and_keeps_it_from_nobody() -> None:
    at = desk(host("one"), host("two"))
    enter(at, "a1", "b1", "c1")
    at.went("at one")
    told = at.standings("a client")
    assert told["a1"].lost and not told["b1"].lost and not told["c1"].lost
    at.leave("a1")
    assert running(at) == {"two": "b1"}
    at.came("at one", host("one"))
    assert running(at) == {"one": "c1", "two": "b1"}
