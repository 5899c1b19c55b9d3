"""Where the pool is, and whether it may be spoken to without certificates. The engine is not imported."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from accel_core.errors import BadInput, quoted

POOL = "ACCEL_POOL"
CERTIFICATES = "ACCEL_POOL_CERTIFICATES"
HOST = "ACCEL_POOL_HOST"
PORT = 8786
MOST_PORT = 65535
PLAIN, ENCRYPTED = "tcp", "tls"


@dataclass(frozen=True, slots=True)
class Address:
    """A scheduler's address that may be used: loopback, or encrypted with certificates."""

    scheme: str
    host: str
    port: int
    certificates: Path | None = None
    """The folder that `accel pool certificates` made; None on loopback without encryption."""

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def configured() -> bool:
    """Whether ACCEL_POOL names a pool."""
    return bool(os.environ.get(POOL))


def certificates_given() -> bool:
    """Whether ACCEL_POOL_CERTIFICATES names a folder."""
    return bool(os.environ.get(CERTIFICATES))


def given() -> Address:
    """The address in ACCEL_POOL; BadInput where there is none or it may not be used."""
    text = os.environ.get(POOL)
    if not text:
        raise BadInput(
            f"No pool is named: `accel pool start --local 2` starts one to try, and {POOL}=ADDRESS names it."
        )
    return parse(text, POOL)


def parse(text: str, said: str = "The address of the pool") -> Address:
    """`tls://HOST:PORT`, or `tcp://` on loopback; BadInput says what is wrong with another."""
    scheme, _, rest = text.partition("://")
    host, _, port = rest.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if (
        scheme not in (PLAIN, ENCRYPTED)
        or not host
        or "@" in host
        or not (port.isascii() and port.isdigit() and len(port) < 6)
    ):
        text = f"...@{text.rpartition('@')[2]}" if "@" in text else text  # a password may stand before it
        raise BadInput(
            f"{said} is {quoted(text)}: give tls://HOST:PORT, or tcp://127.0.0.1:PORT on one computer."
        )
    return allowed(scheme, host, int(port))


def allowed(scheme: str, host: str, port: int) -> Address:
    """The address with its certificates; BadInput where one outside this computer would go unencrypted."""
    if not 1 <= port <= MOST_PORT:
        raise BadInput(f"{port} is no port of a pool: give 1 to {MOST_PORT}.")
    if scheme == PLAIN:
        if not is_loopback(host):
            raise BadInput(
                f"A pool at {PLAIN}://{host} would take code from everybody in the network: make certificates "
                f"by `accel pool certificates FOLDER`, set {CERTIFICATES}=FOLDER and use {ENCRYPTED}://."
            )
        return Address(scheme, host, port)
    folder = os.environ.get(CERTIFICATES)
    if not folder:
        raise BadInput(
            f"A pool at {ENCRYPTED}:// needs certificates: set {CERTIFICATES} to the folder that "
            "`accel pool certificates FOLDER` made."
        )
    return Address(scheme, host, port, Path(folder).expanduser())


def is_loopback(host: str) -> bool:
    """Whether `host` can only be this computer."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
