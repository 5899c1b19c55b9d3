"""The block lengths of the packed product: what is given, and what of it runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from accel_core.kernels.matmul.blocking import blocking
from accel_core.kernels.matmul.micro_kernel import TILES


@given(
    mc=st.integers(0, 90),
    kc=st.integers(0, 90),
    nc=st.integers(0, 200),
    tile=st.sampled_from(sorted(TILES)),
    length=st.integers(1, 150),
)
def test_what_runs_is_whole_tiles_and_never_longer_than_what_was_given(
    mc: int, kc: int, nc: int, tile: int, length: int
) -> None:
    derived = blocking("float32", {}, tile)
    asked = derived.given(mc, kc, nc)
    assert (asked.kc, asked.mr, asked.nr) == (kc or derived.kc, derived.mr, derived.nr)
    assert asked.mc >= mc and asked.nc >= nc and not asked.mc % asked.mr and not asked.nc % asked.nr
    cut = asked.cut(length, length, length)
    assert cut.mc <= asked.mc and cut.kc <= min(asked.kc, length) and cut.nc <= asked.nc
    assert not cut.mc % cut.mr and not cut.nc % cut.nr
