"""Who may be spoken to in a pool, with which certificates, and what is imported where there is none."""

from __future__ import annotations

import asyncio
import importlib.util
import logging
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from pool_of import free_port, surroundings

from accel_core.cli import main
from accel_core.errors import AccelError, BadInput
from accel_core.pool import address, certificates, engine, hosting, line, serving, slurm, starting

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def certified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Certificates that the environment names."""
    folder = tmp_path / "certificates"
    certificates.make_certificates(folder)
    monkeypatch.setenv(address.CERTIFICATES, str(folder))
    return folder


@pytest.mark.parametrize("text", ["tcp://127.0.0.1:8786", "tcp://localhost:1", "tcp://[::1]:8786"])
def test_a_loopback_address_needs_no_certificates(text: str) -> None:
    assert str(address.parse(text)) == text
    assert engine.security(address.parse(text)) is None


@pytest.mark.parametrize("host", ["192.168.0.7", "0.0.0.0", "node3", "127.0.0.1.example.org", "[2001:db8::1]"])
def test_any_other_is_refused_without_encryption(host: str, certified: Path) -> None:
    with pytest.raises(BadInput, match="accel pool certificates"):
        address.parse(f"tcp://{host}:8786")
    assert address.parse(f"tls://{host}:8786").certificates == certified


@pytest.mark.parametrize("host", ["192.168.0.7", "127.0.0.1"])
def test_encryption_needs_certificates(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(BadInput, match="needs certificates"):
        address.parse(f"tls://{host}:8786")
    monkeypatch.setenv(address.CERTIFICATES, str(tmp_path))
    with pytest.raises(AccelError, match=r"holds no authority.pem, certificate.pem, key.pem"):
        engine.security(address.parse(f"tls://{host}:8786"))


@pytest.mark.parametrize(
    "text", ["8786", "http://127.0.0.1:1", "tcp://127.0.0.1", "tcp://:1", "tls://a:b", "x" * 99]
)
def test_what_is_no_address_is_said_in_a_sentence(
    text: str, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv(address.POOL, text)
    assert main(["pool", "status"]) == 2
    assert capsys.readouterr().err.startswith("accel: ACCEL_POOL is '")


@pytest.mark.parametrize("text", ["tcp://ada:word@127.0.0.1:1", "tls://ada:word@node3:1", "ada:word@x"])
def test_a_password_in_an_address_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(BadInput, match=r"is '\.\.\.@") as raised:
        address.parse(text)
    assert "word" not in str(raised.value)


@pytest.mark.parametrize("port", [0, 65536, 99999])
def test_a_port_that_no_computer_has_is_refused(port: int) -> None:
    with pytest.raises(BadInput, match=f"{port} is no port of a pool"):
        address.parse(f"tcp://127.0.0.1:{port}")


def test_hosts_by_ssh_need_an_address_that_they_can_reach(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "hosts.txt").write_text("node1\n")
    assert main(["pool", "start", "--ssh", str(tmp_path / "hosts.txt")]) == 2
    said = capsys.readouterr().err
    assert "cannot reach a pool that listens on this computer alone" in said and "--host" in said


def test_a_port_that_somebody_has_is_said_in_a_sentence(capsys: Capture) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        assert main(["pool", "start", "--port", str(held.getsockname()[1])]) == 1
    said = capsys.readouterr().err
    assert said.startswith("accel: No pool can be started at tcp://") and said.count("\n") == 1


def test_a_pool_listens_at_an_address_of_version_6() -> None:
    async def listened_at() -> str:
        async with serving.make_scheduler(address.parse(f"tcp://[::1]:{free_port()}")) as scheduler:
            return str(scheduler.address)

    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this computer has no address of version 6")
    assert asyncio.run(listened_at()).startswith("tcp://[::1]:")


def test_who_listens_and_says_nothing_is_no_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "CONNECT_S", 0.2)
    monkeypatch.setattr(line, "LET_IN_S", 0.2)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(AccelError, match="does not answer"):
            line.Line(address.parse(f"tcp://127.0.0.1:{silent.getsockname()[1]}"))


def test_a_silent_pool_is_called_once_for_all_who_ask_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    called = list[address.Address]()

    def silent(at: address.Address) -> line.Line:
        called.append(at)
        raise AccelError("It does not answer.")

    monkeypatch.setenv(address.POOL, "tcp://127.0.0.1:2")
    monkeypatch.setattr(line, "Line", silent)
    for silent_s, times in ((3600.0, 1), (0.0, 2)):
        monkeypatch.setattr(line, "SILENT_S", silent_s)
        for _ in range(2 if silent_s else 1):
            with pytest.raises(AccelError, match="does not answer"):
                line.line()
        assert len(called) == times


@pytest.mark.parametrize("name", [".", "..", "a/b", "a\\b", "two\nlines", "x" * 61])
def test_a_host_whose_name_is_no_name_of_a_folder_is_refused(name: str) -> None:
    with pytest.raises(BadInput, match="is no name for a host"):
        hosting.host_name(name)


def test_what_the_engine_logs_of_a_lost_pool_is_not_shown() -> None:
    engine.engine()
    for name in ("distributed", "distributed.client", "distributed.scheduler", "distributed.worker"):
        assert not logging.getLogger(name).isEnabledFor(logging.ERROR)


def test_only_their_owner_can_read_certificates_and_they_are_never_overwritten(certified: Path) -> None:
    assert {path.name for path in certified.iterdir()} == {"authority.pem", "certificate.pem", "key.pem"}
    assert {path.stat().st_mode & 0o777 for path in certified.iterdir()} == {0o600}
    assert engine.security(address.parse("tls://node3:1")).require_encryption
    with pytest.raises(BadInput, match="already"):
        certificates.make_certificates(certified)
    (certified / certificates.KEY).chmod(0o640)
    with pytest.raises(AccelError, match="chmod 600"):
        engine.security(address.parse("tls://node3:1"))


@pytest.mark.parametrize("name", ["authority.pem", "certificate.pem", "key.pem"])
def test_damaged_certificates_are_told_before_anybody_is_called(name: str, certified: Path) -> None:
    (certified / name).write_text("no certificate")
    with pytest.raises(AccelError, match="are damaged or do not belong together"):
        engine.security(address.parse("tls://node3:1"))


def test_without_a_pool_the_engine_is_not_imported() -> None:
    code = """
import sys
import accel_core, accel_core.runner, accel_core.pool, accel_core.cli, app.session.jobs
from accel_core.cli import commands
try:
    accel_core.cli.main(["--help"])
except SystemExit:
    extra = {"dask", "distributed", "dask_jobqueue", "cryptography", "cloudpickle", "zict"}
    print("loaded:", {name.split(".")[0] for name in sys.modules} & extra)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=surroundings(Path())
    )
    assert done.stdout.endswith("loaded: set()\n"), done


@pytest.mark.parametrize("words", [["start"], ["worker"], ["status"], ["certificates", "new"]], ids=" ".join)
def test_without_the_extra_every_command_says_what_to_install(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(address.POOL, "tcp://127.0.0.1:1")
    found = importlib.util.find_spec
    missing = ("dask", "distributed", "cryptography")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else found(name))
    assert main(["pool", *words]) == 1
    assert capsys.readouterr().err == f"accel: {engine.INSTALL}\n"
    assert not list(tmp_path.iterdir())


def test_hosts_by_ssh_are_those_of_the_file(tmp_path: Path, certified: Path) -> None:
    file = tmp_path / "hosts.txt"
    file.write_text("# ours\nnode1\n ada@node2  # the other\n\n")
    first, second = starting.ssh_hosts(file, address.parse("tls://node0:8786"), "accel")
    assert (first.name, second.name) == ("node1", "node2")
    assert second.command[:4] == ("ssh", "-o", "BatchMode=yes", "ada@node2")
    assert second.command[4] == (
        f"env {address.CERTIFICATES}={certified} accel pool worker tls://node0:8786 --name node2"
    )
    for wrong in ("", "# none\n", "-oProxyCommand=x\n", "two words\n"):
        file.write_text(wrong)
        with pytest.raises(BadInput):
            starting.ssh_hosts(file, address.parse("tls://node0:8786"), "accel")


def test_the_script_that_sbatch_gets_runs_one_host_alone_on_its_node(certified: Path) -> None:
    asked = slurm.Asked(cores=16, memory="30 GiB", time="00:30:00", options=["--partition=short"])
    (job,) = slurm.slurm_jobs(1, address.parse("tls://login:8786"), asked, "accel")
    script = job.job_script()
    lines = [line for line in script.splitlines() if line]
    assert lines[0].startswith("#!")
    wanted = ("-n 1", "--cpus-per-task=16", "--mem=30G", "-t 00:30:00", "--exclusive", "--partition=short")
    assert {f"#SBATCH {option}" for option in wanted} <= set(lines)
    assert lines[-2:] == [
        f"export {address.CERTIFICATES}={certified}",
        "accel pool worker tls://login:8786 --name slurm-1",
    ]


@pytest.mark.parametrize(("host", "cores"), [("127.0.0.1", 4), ("login", 0)])
def test_slurm_is_not_asked_for_what_cannot_work(host: str, cores: int, certified: Path) -> None:
    with pytest.raises(BadInput):
        slurm.slurm_jobs(1, address.parse(f"tls://{host}:8786"), slurm.Asked(cores), "accel")


def test_pretended_hosts_share_the_processors_and_nothing_else() -> None:
    starts = starting.local_hosts(4, address.parse("tcp://127.0.0.1:8786"))
    own = [dict(start.environment) for start in starts]
    assert len({start.name for start in starts}) == 4
    for name in ("ACCEL_QUEUE", "ACCEL_HOST_LOCK"):
        assert len({one[name] for one in own}) == 4
    if hasattr(os, "sched_getaffinity"):
        pinned = [start.command[-1].split(",") for start in starts]
        assert all(pinned) and {int(one) for cpus in pinned for one in cpus} <= os.sched_getaffinity(0)
