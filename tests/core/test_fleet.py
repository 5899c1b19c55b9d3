"""The roofs of all hosts of a pool: who is an outlier, by the rule's laws, and what is drawn."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from figure_records import ceilings, machine

import accel_core.pool
import accel_core.pool.fleet
from accel_core.cli import main
from accel_core.errors import AccelError
from accel_core.figures.drawing.look import look_for
from accel_core.figures.fleet_ratios import fleet_ratios_figure
from accel_core.figures.fleet_roofline import fleet_roofline_figure
from accel_core.model.fleet import HostRoofs
from accel_core.model.hosts import Host, Wanted
from accel_core.readings.fleet import Group, fleet_alt, fleet_reading, groups, ratios_alt, sharing
from accel_core.runner import Job

NOISE = 0.02
MANY = pytest.mark.parametrize("count", [3, 4, 7, 20])


def host(name: str, **changed: object) -> Host:
    return Host(name, machine(), **changed)  # type: ignore[arg-type]


def fleet(speeds: Sequence[float], dice: random.Random, noise: float = NOISE) -> list[HostRoofs]:
    """Hosts of these speeds, each roof of each within `noise`."""

    def restless(value: float) -> float:
        return value * dice.uniform(1 - noise, 1 + noise)

    return [
        HostRoofs(
            host(f"node{at}"), tuple(replace(c, value=restless(c.value * speed)) for c in ceilings()), "now"
        )
        for at, speed in enumerate(speeds)
    ]


def named(found: Sequence[Group]) -> Mapping[str, Mapping[object, float]]:
    return {name: parts for group in found for name, parts in group.outliers.items()}


@MANY
def test_among_equal_hosts_with_two_percent_noise_nobody_is_an_outlier(count: int) -> None:
    for number in range(100):
        assert not named(groups(fleet([1.0] * count, random.Random(number))))


@MANY
@pytest.mark.parametrize("speed", [0.5, 2.0])
def test_a_host_at_half_or_twice_the_speed_is_always_named_alone(count: int, speed: float) -> None:
    for number in range(100):
        dice = random.Random(number)
        odd = dice.randrange(count)
        found = named(groups(fleet([speed if at == odd else 1.0 for at in range(count)], dice)))
        assert list(found) == [f"node{odd}"]
        assert all(abs(ratio / speed - 1) < 0.05 for ratio in found[f"node{odd}"].values())


def disturbed(one: HostRoofs) -> HostRoofs:
    return replace(one, ceilings=tuple(replace(roof, disturbed_reason="busy") for roof in one.ceilings))


def test_nothing_is_claimed_of_hosts_whose_roofs_were_disturbed() -> None:
    usual = fleet([1, 1, 1, 1], random.Random(1))
    all_busy = groups([disturbed(one) for one in usual[:3]])
    (said,) = fleet_reading(all_busy)
    assert "cannot be compared" in said and "outlier" not in said
    assert "disturbed" in ratios_alt(all_busy)
    assert "disturbed" in fleet_ratios_figure(all_busy, look_for("light")).layout.annotations[0].text
    (said,) = fleet_reading(groups([usual[0], *map(disturbed, usual[1:])]))
    assert "cannot be compared" in said, "one is left, and nothing to compare it with"
    said, left_out = fleet_reading(groups([*usual[:3], disturbed(usual[3])]))
    assert said.startswith("None of the 3 alike hosts that can be compared is an outlier")
    assert left_out.endswith("disturbed: node3.")


def test_neither_order_nor_scale_changes_who_is_named() -> None:
    dice = random.Random(1)
    hosts = fleet([1, 1, 0.9, 1, 1.2, 1, 0.7], dice, 0.03)
    usual = named(groups(hosts))
    assert usual
    dice.shuffle(hosts)
    assert named(groups(hosts)) == usual
    for scale in (2.0**-30, 2.0**40):
        scaled = [
            replace(h, ceilings=tuple(replace(c, value=c.value * scale) for c in h.ceilings)) for h in hosts
        ]
        assert named(groups(scaled)) == usual


def test_only_what_is_slow_is_named() -> None:
    hosts = fleet([1.0] * 5, random.Random(2))
    slow = tuple(replace(c, value=c.value / 2) if c.level == "DRAM" else c for c in hosts[3].ceilings)
    hosts[3] = replace(hosts[3], ceilings=slow)
    found = named(groups(hosts))
    assert {part.level for part in found["node3"]} == {"DRAM"} and len(found) == 1  # type: ignore[attr-defined]


def test_of_two_hosts_and_of_hosts_that_are_not_alike_none_is_an_outlier() -> None:
    assert not named(groups(fleet([1, 0.5], random.Random(3))))
    hosts = fleet([1, 1, 1, 0.5], random.Random(3))
    for other in (
        replace(machine(), fingerprint="beef"),
        replace(machine(), cores=replace(machine().cores, allowed=1)),
    ):
        unlike = [*hosts[:3], replace(hosts[3], host=replace(hosts[3].host, machine=other))]
        found = groups(unlike)
        assert [len(group.hosts) for group in found] == [3, 1] and not named(found)


def test_a_group_that_scatters_as_a_whole_has_no_outlier_and_a_disturbed_roof_names_nobody() -> None:
    assert not named(groups(fleet([0.7, 0.85, 1, 1.2, 1.4], random.Random(4), 0)))
    hosts = fleet([1, 1, 1, 0.5], random.Random(4))
    hosts[3] = replace(hosts[3], ceilings=tuple(replace(c, disturbed_reason="busy") for c in hosts[3].ceilings))
    assert not named(groups(hosts))


def test_the_outlier_is_said_with_its_ratio_and_with_whom_it_shares_its_computer() -> None:
    hosts = fleet([1, 1, 1, 0.5], random.Random(5), 0)
    hosts[3] = replace(hosts[3], host=replace(hosts[3].host, shares=("node9",)))
    (said,) = fleet_reading(groups(hosts))
    assert (
        said.startswith("**node3** is the outlier of 4 alike hosts (AMD EPYC")
        and "Of their median it has 0.50 at" in said
    )
    assert said.endswith("It shares its computer with node9, which may be the cause.")
    assert "Outlier: node3." in fleet_alt(groups(hosts))
    (said,) = fleet_reading(groups(fleet([1, 1, 1.03], random.Random(5), 0)))
    assert said.startswith("None of the 3 alike hosts is an outlier") and "within 3.0 % of" in said
    (said,) = fleet_reading(groups(hosts[:1]))
    assert "from 3 alike hosts on" in said
    (said,) = fleet_reading(groups([replace(hosts[0], ceilings=(), fault="gone")]))
    assert said.startswith("No roof of node0 was measured")


def test_who_shares_a_computer_is_said_once() -> None:
    a, b = host("a", shares=("b",)), host("b", shares=("a",))
    assert [said.split(" and disturb")[0] for said in sharing([b, a, host("c")])] == [
        "a and b share one computer"
    ]


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("width_px", [350, 1030])
def test_the_picture_names_the_outlier_and_every_group(mode: str, width_px: int) -> None:
    look = look_for(mode, width_px=width_px)
    hosts = fleet([1, 1, 1, 0.5], random.Random(6))
    hosts[3] = replace(hosts[3], host=replace(hosts[3].host, name="<b>odd</b>"))
    hosts.append(replace(hosts[0], host=host("other")))
    hosts[4] = replace(
        hosts[4], host=replace(hosts[4].host, machine=replace(machine(), fingerprint="1", cpu="M2"))
    )
    figure = fleet_roofline_figure(groups(hosts), look, dtype="float32", threads="one")
    text = " ".join(str(a.text) for a in figure.layout.annotations)
    assert "&lt;b&gt;odd" in text and "<b>odd" not in text
    lines = [trace for trace in figure.data if trace.mode == "lines" and trace.hovertext]
    assert len(lines) == 5 and sum(trace.line.color == look.warning for trace in lines) == 1
    assert "M2" in text


@pytest.mark.parametrize("width_px", [350, 1030])
def test_the_comparison_has_a_dot_for_each_host_and_names_the_outlier_where_it_is_one(width_px: int) -> None:
    hosts = fleet([1, 1, 1, 1], random.Random(7))
    slow = tuple(replace(c, value=c.value / 2) if c.level == "DRAM" else c for c in hosts[3].ceilings)
    hosts[3] = replace(hosts[3], ceilings=slow, host=replace(hosts[3].host, name="<b>odd</b>"))
    (group,) = groups(hosts)
    figure = fleet_ratios_figure([group], look_for("light", width_px=width_px))
    assert sum(len(trace.x) for trace in figure.data) == 4 * len(group.ratios)
    named = [a.text for a in figure.layout.annotations if "odd" in a.text]
    assert len(named) == len(group.outliers["<b>odd</b>"]) == 2
    assert all(text.startswith("<b>&lt;b&gt;odd") for text in named)
    assert "<b>odd</b> at DRAM on 1 thread" in ratios_alt([group])
    assert "ratio" in figure.layout.xaxis.title.text


def test_without_roofs_the_picture_teaches() -> None:
    assert "compared here" in fleet_ratios_figure([], look_for("light")).layout.annotations[0].text.replace(
        "<br>", " "
    )
    figure = fleet_roofline_figure([], look_for("light"), dtype="float32", threads="one")
    assert "Measure all roofs" in figure.layout.annotations[0].text.replace("<br>", " ")


def test_the_command_asks_every_host_and_a_host_that_refuses_costs_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    hosts = [host(f"node{at}") for at in range(4)]
    stopped = replace(host("node4"), silent=True)
    sent = []

    def submit(job: dict, owner: str, *, wanted: Wanted, on_event, **_: object) -> Job:
        sent.append(wanted)
        if wanted.name == "node2":
            raise AccelError("node2 runs another version.")
        made = Job("id", owner, job, on_event)
        for roof in ceilings():
            made.add(replace(roof, value=roof.value * (0.5 if wanted.name == "node0" else 1)))
        made.finish(None)
        return made

    monkeypatch.setenv("ACCEL_POOL", "tcp://127.0.0.1:1")
    monkeypatch.setattr(accel_core.pool, "hosts", lambda: [*hosts, stopped])
    monkeypatch.setattr(accel_core.pool.fleet, "submit", submit)
    assert main(["pool", "roofs", "--budget", "3", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert sent == [Wanted(name=one.name) for one in hosts]
    assert {one["host"] for one in data["outliers"]} == {"node0"} and len(data["hosts"]) == 5
    assert data["hosts"][4]["fault"] == "It does not answer."
    assert data["hosts"][2]["fault"] == "node2 runs another version." and not data["hosts"][2]["ceilings"]
    assert main(["pool", "roofs"]) == 0
    said = capsys.readouterr()
    assert "node0 is the outlier of 3 alike hosts" in said.out and "**" not in said.out
    assert "node1: done" in said.err
