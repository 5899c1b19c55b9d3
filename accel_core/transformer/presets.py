"""Published shapes, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accel_core.errors import BadInput, unknown
from accel_core.transformer.shape import BlockShape

_BERT = (
    "J. Devlin et al., BERT, arXiv:1810.04805 (2018), section 3: {shape}, feed-forward 4H, 512 tokens; 30,522 "
    "WordPieces and three products for query, key and value as in github.com/google-research/bert (uncased)"
)


@dataclass(frozen=True, slots=True)
class Preset:
    """A published shape."""

    name: str
    title: str
    width: int
    heads: int
    feed_forward: int
    vocabulary: int
    layers: int
    sequence: int
    """The longest that the model was trained with."""
    source: str
    joined: bool = True
    gated: bool = False
    also: str = ""
    """A second name that it goes by."""
    work: str = ""
    """What a pass of the whole model is, where that is why one would choose it."""

    @property
    def described(self) -> str:
        """The title, and the work where it is told."""
        return f"{self.title} ({self.work})" if self.work else self.title

    def shape(self, **changed: Any) -> BlockShape:
        """The shape with some fields of BlockShape changed; BadInput where it is then none."""
        names = ("width", "heads", "feed_forward", "sequence", "vocabulary", "layers", "joined", "gated")
        return BlockShape(**{**{name: getattr(self, name) for name in names}, **changed})


PRESETS = (
    Preset(
        "gpt2-small",
        "GPT-2 small",
        *(768, 12, 3072, 50257, 12, 1024),
        "A. Radford et al., Language Models are Unsupervised Multitask Learners (2019), table 2; with 12 heads "
        "and 4·768 in nanoGPT's transformer_sizing.ipynb (github.com/karpathy/nanoGPT)",
        also="gpt2",
    ),
    Preset(
        "bert-base",
        "BERT base",
        *(768, 12, 3072, 30522, 12, 512),
        _BERT.format(shape="L=12, H=768, A=12"),
        joined=False,
    ),
    Preset(
        "bert-large",
        "BERT large",
        *(1024, 16, 4096, 30522, 24, 512),
        _BERT.format(shape="L=24, H=1024, A=16"),
        joined=False,
    ),
    Preset(
        "llama-2-7b",
        "Llama 2 7B",
        *(4096, 32, 11008, 32000, 32, 4096),
        "H. Touvron et al., Llama 2, arXiv:2307.09288 (2023): 4,096 tokens, 32,000 in the vocabulary; width, "
        "heads and layers in LLaMA, arXiv:2302.13971 (2023), table 2; 11008 from config.json of Llama-2-7b-hf",
        joined=False,
        gated=True,
    ),
    Preset(
        "shakespeare",
        "nanoGPT's Shakespeare model",
        *(384, 6, 1536, 65, 6, 256),
        "config/train_shakespeare_char.py and data/shakespeare_char/prepare.py of github.com/karpathy/nanoGPT",
        also="laptop",
        work="6.1 GFLOP in all blocks and the head: a second at 6.1 GFLOP/s",
    ),
)


def preset(name: str) -> Preset:
    """The preset called `name`; BadInput with the nearest name where there is none."""
    by_name = {one.name: one for one in PRESETS}
    found = by_name.get(name) or next((one for one in PRESETS if one.also and one.also == name), None)
    if found is None:
        raise BadInput(unknown("preset", name, by_name, f"all presets: {', '.join(by_name)}"))
    return found
