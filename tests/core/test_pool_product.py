"""A product shared out over a pool: right for all tiles, refused where it cannot be. No pool is started."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from accel_core.cli import main
from accel_core.errors import AccelError, BadInput, WrongResult
from accel_core.pool import product

dask = pytest.importorskip("dask", reason="the extra [pool]")
STOPPED = "stopped"
"""What a host does that does not answer."""


class Here:
    """In place of the line to a pool: Dask computes in this thread."""

    def __init__(self, *busy: str) -> None:
        self._hosts = [
            SimpleNamespace(name=f"h{at}", busy=one, silent=one == STOPPED) for at, one in enumerate(busy)
        ]

    def hosts(self) -> list[Any]:
        return self._hosts

    def compute(self, *graphs: Any) -> list[Any]:
        return list(dask.compute(*graphs, scheduler="synchronous"))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_product_is_right_and_its_tiles_are_whole(dtype: str) -> None:
    made = product.pool_product(Here("", ""), 300, 128, dtype)  # type: ignore[arg-type]
    assert (made.size, made.hosts) == (384, ("h0", "h1"))
    assert 0 < made.share_of_allowed <= 1


def test_tiles_follow_from_key_and_place_alone() -> None:
    whole = np.asarray(dask.compute(product.matrix(128, 64, "float32"), scheduler="synchronous")[0])
    assert whole.shape == (128, 128) and len(np.unique(whole)) > 10_000
    key = 7
    one, again, other = (product.tile_at(key, 2, 64, "float32", block_id=at) for at in ((1, 0), (1, 0), (0, 1)))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_a_wrong_tile_has_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Here.compute

    def wrong(self: Here, *graphs: Any) -> list[Any]:
        seen, *rest = right(self, *graphs)
        seen[3] += 0.01
        return [seen, *rest]

    monkeypatch.setattr(Here, "compute", wrong)
    with pytest.raises(WrongResult, match="no time"):
        product.pool_product(Here(""), 128, 64)  # type: ignore[arg-type]


def test_a_pool_without_hosts_or_with_one_that_measures_or_is_silent_is_told() -> None:
    with pytest.raises(AccelError, match="no host"):
        product.pool_product(Here(), 128, 64)  # type: ignore[arg-type]
    with pytest.raises(AccelError, match="h1 measures now"):
        product.pool_product(Here("", "bench"), 128, 64)  # type: ignore[arg-type]
    with pytest.raises(AccelError, match="h1 does not answer"):
        product.pool_product(Here("", STOPPED), 128, 64)  # type: ignore[arg-type]


@pytest.mark.parametrize(("size", "tile"), [(0, 64), (128, 1), (128, 10_000), (64 * 65, 64), (True, 64)])
def test_lengths_that_cannot_be_are_refused(size: int, tile: int) -> None:
    with pytest.raises(BadInput, match="cannot be used"):
        product.pool_product(Here(""), size, tile)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--pool"], "No pool is named"),
        (["--pool", "--memory", "1M"], "--memory is of a product on this computer"),
        (["--tile", "64"], "add --pool"),
    ],
)
def test_the_command_says_what_does_not_go_together(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ACCEL_POOL", raising=False)
    assert main(["out-of-core", *words]) == 2
    assert said in capsys.readouterr().err
