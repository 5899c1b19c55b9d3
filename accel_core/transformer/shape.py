"""The shape of a block, checked when it is made."""

from __future__ import annotations

from dataclasses import dataclass

from accel_core.errors import BadInput, quoted, whole
from accel_core.model import ITEM_BYTES

MOST = 2**31 - 1
"""No length of a block is greater: some thousand times those of the largest published models."""
_LENGTHS = {
    "width": "width",
    "heads": "number of heads",
    "feed_forward": "feed-forward width",
    "vocabulary": "vocabulary",
    "layers": "number of blocks",
    "sequence": "sequence",
    "batch": "batch",
}


@dataclass(frozen=True, slots=True)
class BlockShape:
    """The lengths of a block in elements or tokens, its type of number, and which operations it has.

    Raises BadInput where a length is no whole number from 1 to MOST, the heads do not divide the width, or the
    dtype is not one of ITEM_BYTES.
    """

    width: int
    heads: int
    feed_forward: int
    sequence: int
    """Tokens of a sequence; where one token is decoded, those that it looks at, itself among them."""
    vocabulary: int
    """Tokens that the head of the model tells apart."""
    layers: int
    """Blocks of the whole model."""
    batch: int = 1
    dtype: str = "float32"
    decode: bool = False
    """One token of each sequence is computed; keys and values of all before it are there already."""
    causal: bool = False
    """Scores of later tokens are neither computed nor moved; False counts all, as nanoGPT's notebook does."""
    joined: bool = True
    """Queries, keys and values come from one product; False: from three."""
    gated: bool = False
    """The feed-forward part is a SwiGLU (gate, up, down) after RMS norms; False: GELU after layer norms."""

    def __post_init__(self) -> None:
        for name, called in _LENGTHS.items():
            given = getattr(self, name)
            if whole(given, 1, MOST) is None:
                raise BadInput(f"The {called} is {quoted(given)}: give a whole number from 1 to {MOST}.")
        if self.width % self.heads:
            near = _divisors_beside(self.width, self.heads)
            raise BadInput(f"{self.heads} heads do not divide the width {self.width}: {near} do.")
        if self.dtype not in ITEM_BYTES:
            raise BadInput(f"dtype is {quoted(self.dtype)}: choose one of {', '.join(ITEM_BYTES)}.")

    @property
    def tokens(self) -> int:
        """Tokens of each sequence that are computed: 1 where one is decoded."""
        return 1 if self.decode else self.sequence

    @property
    def rows(self) -> int:
        """Tokens that are computed in all sequences together."""
        return self.batch * self.tokens

    @property
    def head_size(self) -> int:
        """Elements of a head."""
        return self.width // self.heads

    @property
    def item_bytes(self) -> int:
        """Bytes of an element."""
        return ITEM_BYTES[self.dtype]


def _divisors_beside(width: int, heads: int) -> str:
    """ "8 and 16": the numbers of heads next to `heads` that divide `width`."""
    beside: list[int] = []
    for candidate in range(1, int(width**0.5) + 1):
        if width % candidate == 0:
            beside += [candidate, width // candidate]
    below = max(d for d in beside if d < heads)
    above = min((d for d in beside if d > heads), default=below)
    return " and ".join(map(str, sorted({below, above})))
