"""Certificates for a pool: who holds them belongs to it, and nobody else is spoken to."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from accel_core.errors import AccelError, BadInput
from accel_core.pool.engine import require

AUTHORITY, CERTIFICATE, KEY = "authority.pem", "certificate.pem", "key.pem"
VALID_DAYS = 730
OWNER_ONLY = 0o600


def make_certificates(folder: Path) -> list[Path]:
    """The files of a new pool, written into `folder`; BadInput where one of them is there already.

    The authority's own key is thrown away once it has signed: nobody can make a second certificate that this
    pool takes. The same three files go to every host.
    """
    require("cryptography")
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    paths = [folder / name for name in (AUTHORITY, CERTIFICATE, KEY)]
    if any(path.exists() for path in paths):
        raise BadInput(f"{folder} holds certificates already: name another folder, or remove it first.")
    now = datetime.now(UTC)

    def named(name: str) -> x509.Name:
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

    def signed(
        subject: str, key: ec.EllipticCurvePublicKey, by: ec.EllipticCurvePrivateKey, own: bool
    ) -> bytes:
        builder = (
            x509.CertificateBuilder()
            .subject_name(named(subject))
            .issuer_name(named("Accel Explorer pool authority"))
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))  # clocks of hosts differ
            .not_valid_after(now + timedelta(days=VALID_DAYS))
            .add_extension(x509.BasicConstraints(ca=own, path_length=0 if own else None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by.public_key()), critical=False)
        )
        return builder.sign(by, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    authority, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    private = own.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    texts = [
        signed("Accel Explorer pool authority", authority.public_key(), authority, True),
        signed("Accel Explorer pool", own.public_key(), authority, False),
        private,
    ]
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        for path, text in zip(paths, texts, strict=True):
            path.touch(OWNER_ONLY, exist_ok=False)
            path.write_bytes(text)
    except OSError as error:
        raise BadInput(
            f"Certificates cannot be written to {folder} ({error.strerror or error}): name a folder of yours."
        ) from error
    return paths


def require_certificates(folder: Path) -> Path:
    """`folder`, made by `make_certificates`; AccelError where it cannot be used, or others may read it."""
    if missing := [name for name in (AUTHORITY, CERTIFICATE, KEY) if not (folder / name).is_file()]:
        raise AccelError(
            f"{folder} holds no {', '.join(missing)}: copy the folder that `accel pool certificates` made here."
        )
    if os.name == "posix" and (folder / KEY).stat().st_mode & 0o077:
        raise AccelError(f"{folder / KEY} can be read by others: run `chmod 600` on it, or make new ones.")
    try:
        context = ssl.create_default_context(cafile=folder / AUTHORITY)
        context.load_cert_chain(folder / CERTIFICATE, folder / KEY)
    except OSError as error:  # of which SSLError is one
        raise AccelError(
            f"The certificates in {folder} are damaged or do not belong together: copy the folder that "
            "`accel pool certificates` made here again."
        ) from error
    return folder
