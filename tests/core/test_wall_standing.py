"""Whether the wall stands is found out by trying, and what keeps it from standing is said with a remedy."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import walls

from accel_core import doctor
from accel_core.wall import NoWall, Standing, bubblewrap, landlock, standing, start
from accel_core.wall.probing import PROBE, SETTINGS, judged, why_impossible, why_refused

HOLDS = {"bubblewrap": {"a": True, "b": True}, "seccomp": {"c": True}, "landlock": {"d": True}}


def test_the_wall_stands_on_linux_and_nowhere_else() -> None:
    if not walls.LINUX:
        assert not standing().stands and "parts of Linux" in standing().reason
        return
    walls.require_wall()
    found = standing()
    assert found.stands and not found.reason and not found.remedy
    assert [layer.name for layer in found.layers] == ["bubblewrap", "seccomp", "landlock"]
    assert [layer.holds for layer in found.layers] == [True, True, landlock.version() > 0]


def test_a_wall_with_a_hole_does_not_stand() -> None:
    assert judged(HOLDS, "version 0.8.0", 7).stands
    hole = judged(HOLDS | {"bubblewrap": {"a": True, "no process is in sight": False}}, "version 0.8.0", 7)
    assert not hole.stands and "not so that no process is in sight" in hole.reason and hole.remedy
    assert not judged(HOLDS | {"seccomp": {"c": False}}, "version 0.8.0", 7).stands


def test_a_kernel_without_landlock_has_a_wall_all_the_same() -> None:
    found = judged(HOLDS | {"landlock": {"d": False}}, "version 0.8.0", 0)
    assert found.stands and not found.layers[2].holds
    assert found.layers[2].detail == "this kernel does not have it"


def test_a_system_without_a_wall_says_why_and_what_to_do() -> None:
    for system, machine, bwrap in (
        ("darwin", "arm64", None),
        ("win32", "AMD64", None),
        ("linux", "riscv64", "/usr/bin/bwrap"),
        ("linux", "x86_64", None),
    ):
        said = why_impossible(system, machine, bwrap)
        assert said and all(part.endswith(".") for part in said)
    assert why_impossible("linux", "aarch64", "/usr/bin/bwrap") is None


@pytest.mark.parametrize(
    ("said", "setting", "user", "remedy"),
    [
        ("bwrap: setting up uid map: Permission denied", {SETTINGS[0]: "1"}, 1000, "apparmor_restrict"),
        (
            "bwrap: No permissions to create new namespace",
            {SETTINGS[1]: "0"},
            1000,
            "unprivileged_userns_clone=1",
        ),
        ("bwrap: Creating new namespace failed", {SETTINGS[2]: "0"}, 0, "max_user_namespaces"),
        ("bwrap: Unknown option --size", {}, 1000, "0.8"),
        ("bwrap: Creating new namespace failed: Operation not permitted", {SETTINGS[0]: "1"}, 0, "container"),
        ("bwrap: something else", {}, 0, "bwrap --unshare-all"),
    ],
)
def test_what_keeps_bubblewrap_from_its_work_has_its_remedy(
    said: str, setting: dict[str, str], user: int, remedy: str
) -> None:
    reason, what = why_refused(said, setting, user)
    assert reason.strip() and remedy in what


def test_the_doctor_tells_of_each_layer() -> None:
    check = doctor.judge_wall(judged(HOLDS, "version 0.8.0", 7))
    assert check.ok and not check.remedy
    assert check.detail.endswith(
        "bubblewrap: version 0.8.0; seccomp: two filters of system calls; landlock: version 7."
    )
    missing = doctor.judge_wall(Standing(False, "bubblewrap is not installed.", (), "Install it."))
    assert not missing.ok and missing.remedy == "Install it." and "no foreign code is run" in missing.detail


def test_a_child_is_not_started_without_the_wall_that_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "executable", lambda: None)
    with pytest.raises(NoWall):
        start(PROBE, walled=True)


@pytest.mark.skipif(not walls.LINUX, reason="bubblewrap is Linux's")
def test_what_bubblewrap_says_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    walls.require_wall()
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    monkeypatch.setattr(bubblewrap, "CPUS", ())
    monkeypatch.setattr(bubblewrap, "DEVICES", ("/dev/null", "/dev/nothing-here"))
    with pytest.raises(NoWall, match="nothing-here"):
        start(PROBE, walled=True)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.skipif(not walls.LINUX, reason="bubblewrap is Linux's")
def test_no_home_is_shown_where_python_is_linked_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.symlink_to(sys.executable)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(sys, "executable", str(link))
    shown = bubblewrap.seen_places()
    assert link in shown and all(place.exists() for place in shown)
    assert not [place for place in shown if tmp_path.is_relative_to(place)]
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert tmp_path not in bubblewrap.seen_places()
