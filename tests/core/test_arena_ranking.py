"""Ranks: what shares one, and laws that hold for every board."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from accel_core.arena.ranking import WITHIN, Rank, Standing, ranked


def row(person: str, score: float, reach: float = 0.0) -> Standing:
    """An entry whose interval reaches `reach` to both sides."""
    return Standing(person, f"entry of {person}", score, score - reach, score + reach)


def ranks(*rows: Standing, within: float = WITHIN) -> dict[str, int]:
    return {place.standing.person: place.rank for place in ranked(rows, within)}


def test_a_rank_is_shared_where_intervals_overlap() -> None:
    assert ranks(row("a", 80, 3), row("b", 75, 3), row("c", 60, 1)) == {"a": 1, "b": 1, "c": 3}
    assert [place.shared for place in ranked([row("a", 80, 3), row("b", 75, 3), row("c", 60, 1)])] == [
        True,
        True,
        False,
    ]


def test_a_rank_is_shared_within_two_per_cent_whatever_the_intervals() -> None:
    assert ranks(row("a", 50), row("b", 49)) == {"a": 1, "b": 1}
    assert ranks(row("a", 50), row("b", 48.9)) == {"a": 1, "b": 2}
    unknown = Standing("b", "x", 48.9)
    assert ranks(row("a", 50), unknown) == {"a": 1, "b": 2}
    assert ranks(row("a", 50), row("b", 49), within=0) == {"a": 1, "b": 2}


def test_neighbours_do_not_chain_a_board_into_one_group() -> None:
    board = [row(str(number), 100 * 0.985**number) for number in range(6)]
    assert list(ranks(*board).values()) == [1, 1, 3, 3, 5, 5]


def test_the_best_entry_of_a_person_stands() -> None:
    best, worse = row("a", 80), replace(row("a", 60), entry="later")
    (place,) = ranked([best, worse])
    assert (place.rank, place.standing.entry, place.shared) == (1, "entry of a", False)


def test_a_better_entry_with_a_narrower_interval_keeps_the_rank_that_was_shared() -> None:
    leader, wide = row("a", 100, 1), row("b", 90, 12)
    assert ranks(leader, wide) == {"a": 1, "b": 1}
    assert ranks(leader, wide, replace(row("b", 91, 0.1), entry="new")) == {"a": 1, "b": 1}


ROWS = st.lists(
    st.builds(
        lambda person, score, reach, number: replace(row(person, score, score * reach), entry=str(number)),
        st.sampled_from("abcdefgh"),
        st.sampled_from([50.0, 52.0, 53.0]) | st.floats(1, 105),
        st.sampled_from([0.0, 0.01, 0.05]) | st.floats(0, 0.4),
        st.integers(0, 10**6),
    ),
    min_size=1,
    max_size=24,
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_in_which_entries_came_changes_nothing(rows: list[Standing], random: object) -> None:
    mixed = rows.copy()
    random.shuffle(mixed)  # type: ignore[attr-defined]
    assert ranked(mixed) == ranked(rows)


def of_person(places: tuple[Rank, ...]) -> dict[str, Rank]:
    return {place.standing.person: place for place in places}


@given(ROWS)
def test_a_higher_score_never_has_the_larger_rank_and_equal_ones_share_one(rows: list[Standing]) -> None:
    places = ranked(rows)
    assert len(places) == len({one.person for one in rows}) and places[0].rank == 1
    for a in places:
        for b in places:
            if a.standing.score > b.standing.score:
                assert a.rank <= b.rank
            if a.standing.score == b.standing.score:
                assert a.rank == b.rank
        assert a.shared == (sum(b.rank == a.rank for b in places) > 1)
        assert a.rank <= 1 + sum(b.standing.score > a.standing.score for b in places)


@given(ROWS)
def test_who_shares_a_rank_cannot_be_told_apart_from_the_best_of_it(rows: list[Standing]) -> None:
    places = ranked(rows)
    for place in places:
        best, one = next(other.standing for other in places if other.rank == place.rank), place.standing
        assert best.low is not None and one.reach is not None
        assert one.reach >= best.low or one.score >= (1 - WITHIN) * best.score


@given(ROWS, ROWS)
def test_handing_in_again_never_loses_a_rank(rows: list[Standing], more: list[Standing]) -> None:
    person = more[0].person
    before = of_person(ranked(rows)).get(person)
    if before is not None:
        after = of_person(ranked([*rows, replace(more[0], entry="again")]))[person]
        assert after.rank <= before.rank
