"""A pool with certificates whose host is started by ssh, by a stand-in that runs the command here."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import pytest
from pool_of import ACCEL, PATIENCE_S, free_port, joined, running, surroundings, until

from accel_core.errors import AccelError
from accel_core.model import Case
from accel_core.pool import address, hosts
from accel_core.pool import line as lines
from accel_core.pool.certificates import make_certificates
from accel_core.runner import submit

SSH = """#!/bin/sh
test "$1 $2" = "-o BatchMode=yes" && test "$3" = ada@node1 || exit 255
exec sh -c "$4"
"""


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in for ssh is a shell script")
def test_a_host_by_ssh_joins_with_certificates_and_nobody_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("ours", "others"):
        make_certificates(tmp_path / name)
    ssh = tmp_path / "ssh"
    ssh.write_text(SSH)
    ssh.chmod(0o755)
    (tmp_path / "hosts.txt").write_text("ada@node1\n")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    port, said = free_port(), tmp_path / "said"
    words = ["pool", "start", "--ssh", str(tmp_path / "hosts.txt"), "--host", "127.0.0.1"]
    words += ["--port", str(port)]
    own = surroundings(tmp_path, **{address.CERTIFICATES: str(tmp_path / "ours")})
    with running([*words, "--accel", shlex.join(ACCEL)], said, own):
        until(lambda: joined(said, "node1"))
        monkeypatch.setattr(lines, "CONNECT_S", 1.0)
        monkeypatch.setenv(address.POOL, f"tls://127.0.0.1:{port}")
        monkeypatch.setenv(address.CERTIFICATES, str(tmp_path / "others"))
        with pytest.raises(AccelError, match="does not answer"):
            hosts()
        monkeypatch.setattr(lines, "CONNECT_S", PATIENCE_S)
        monkeypatch.setenv(address.CERTIFICATES, str(tmp_path / "ours"))
        assert [(host.name, host.shares) for host in hosts()] == [("node1", ())]
        job = submit(
            {"kind": "bench", "cases": [Case("dot/numpy", 9, "float32").to_dict()], "budget_s": 0.05}, "me"
        )
        assert job.wait(PATIENCE_S) and (job.error, job.host, job.warnings) == (None, "node1", [])
        monkeypatch.setattr(lines, "CONNECT_S", 1.0)
        monkeypatch.setenv(address.POOL, f"tcp://127.0.0.1:{port}")
        with pytest.raises(AccelError, match="does not answer"):
            hosts()
    with pytest.raises(AccelError, match="does not answer"):
        monkeypatch.setenv(address.POOL, f"tls://127.0.0.1:{port}")
        until(lambda: hosts() and False)
    lines.close()
