"""Who hands in to the arena: a nickname, and what a passphrase is known by. Nothing else is kept of anybody."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime

from accel_core.codec import PlainData
from accel_core.errors import BadInput, quoted

SHORTEST, LONGEST = 2, 24
"""Characters of a nickname."""
SHORTEST_PASSPHRASE, LONGEST_PASSPHRASE = 8, 200
LOG2_N, R, P = 14, 8, 5
"""scrypt (RFC 7914) in 16 MiB, one of the settings of the OWASP Password Storage Cheat Sheet."""
SALT_BYTES, HASH_BYTES = 16, 32
MOST_BYTES = 64 << 20
"""What scrypt may take, whatever a stored record says."""
ALPHABETS = ("Latin", "Greek", "Cyrillic", "Armenian", "Coptic", "Cherokee", "Lisu")
"""Whose letters look alike (Unicode Technical Standard 39, 4: confusable characters)."""
_UNSEEN = frozenset("\u115f\u1160\u3164\uffa0")
"""Letters of Unicode that show nothing."""


@dataclass(frozen=True, slots=True)
class Person(PlainData):
    """A nickname and what its passphrase is known by."""

    nickname: str
    """As it was first given, in Unicode's form NFKC."""
    salt: str
    digest: str
    """scrypt of the passphrase and the salt, both hexadecimal."""
    log2_n: int
    r: int
    p: int
    created: str
    """ISO 8601, UTC."""

    @property
    def key(self) -> str:
        """What no two persons share: the nickname without its capitals."""
        return key_of(self.nickname)

    def fits(self, passphrase: str) -> bool:
        """Whether this is the passphrase."""
        found = _scrypt(passphrase, bytes.fromhex(self.salt), self.log2_n, self.r, self.p)
        return hmac.compare_digest(found, bytes.fromhex(self.digest))


def person_now(nickname: str, passphrase: str) -> Person:
    """Somebody who is new; BadInput where the nickname or the passphrase is none."""
    name = checked_nickname(nickname)
    if len(found := scripts(name)) > 1:
        raise BadInput(
            f"{quoted(nickname)} mixes {' and '.join(found)} letters, of which many look alike: use those "
            "of one alphabet."
        )
    if not SHORTEST_PASSPHRASE <= len(passphrase) <= LONGEST_PASSPHRASE:
        raise BadInput(
            f"A passphrase has {SHORTEST_PASSPHRASE} to {LONGEST_PASSPHRASE} characters; this one has "
            f"{len(passphrase)}."
        )
    salt = secrets.token_bytes(SALT_BYTES)
    digest = _scrypt(passphrase, salt, LOG2_N, R, P)
    created = datetime.now(UTC).isoformat(timespec="microseconds")
    return Person(name, salt.hex(), digest.hex(), LOG2_N, R, P, created)


def checked_nickname(given: str) -> str:
    """`given` in Unicode's form NFKC; BadInput where it is no nickname."""
    name = unicodedata.normalize("NFKC", given.strip()[: 4 * LONGEST])
    if not SHORTEST <= len(name) <= LONGEST or not all(map(_allowed, name)):
        raise BadInput(
            f"{quoted(given)} is no nickname: use {SHORTEST} to {LONGEST} letters, digits, hyphens and "
            "underscores."
        )
    return name


def scripts(name: str) -> list[str]:
    """Which of ALPHABETS the letters are of: with two of them a name can look like another person's."""
    found = {unicodedata.name(letter, "").partition(" ")[0].capitalize() for letter in name}
    return [alphabet for alphabet in ALPHABETS if alphabet in found]


def key_of(nickname: str) -> str:
    """A nickname as it is compared: "Ada" and "ada" are one person."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", nickname).casefold())


def _allowed(letter: str) -> bool:
    return letter in "-_" or (unicodedata.category(letter)[0] in "LN" and letter not in _UNSEEN)


def _scrypt(passphrase: str, salt: bytes, log2_n: int, r: int, p: int) -> bytes:
    """ValueError where the settings ask for more than MOST_BYTES."""
    told = unicodedata.normalize("NFKC", passphrase).encode("utf-8", "surrogatepass")
    return hashlib.scrypt(told, salt=salt, n=1 << log2_n, r=r, p=p, maxmem=MOST_BYTES, dklen=HASH_BYTES)
