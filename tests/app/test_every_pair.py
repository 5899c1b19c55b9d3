"""No combination of a page's settings stops it: every pair of them, each at its extremes, is visited."""

from __future__ import annotations

import itertools
import random
from collections.abc import Mapping

import pytest
from conftest import Asked, Open
from records_of import store_ladder, store_peaks, store_sweep

from app import catalogue
from app.session import settings

PAGES = [page.name for page in catalogue.PAGES]
A_FEW = 12
TRIES = 40
"""Random visits of which the one counts that has most pairs in it which no visit had before."""
Link = dict[str, tuple[str, ...]]
Pair = tuple[tuple[str, tuple[str, ...]], ...]


def extremes(setting: settings.Setting) -> list[tuple[str, ...]]:
    """The first and the last of a setting's values; of a few of which several may be chosen, each alone."""
    match setting:
        case settings.Several() if len(setting.options) <= A_FEW:
            return [(option,) for option in setting.options]
        case settings.Number():
            return [(f"{setting.low:g}",), (f"{setting.high:g}",)]
        case _:
            return list(dict.fromkeys((str(setting.options[at]),) for at in (0, -1)))


def pairs(link: Link) -> set[Pair]:
    return set(itertools.combinations(sorted(link.items()), 2))


def covering(values: Mapping[str, list[tuple[str, ...]]]) -> list[Link]:
    """Links that hold every pair of values of two settings, each link as many of them as it can."""
    pick = random.Random(0)
    missing = {
        pair
        for one, other in itertools.combinations(sorted(values), 2)
        for pair in itertools.product([(one, v) for v in values[one]], [(other, v) for v in values[other]])
    }
    links: list[Link] = []
    while missing:
        first = pick.choice(sorted(missing))
        tried = [{name: pick.choice(all) for name, all in values.items()} | dict(first) for _ in range(TRIES)]
        links.append(max(tried, key=lambda link: len(pairs(link) & missing)))
        missing -= pairs(links[-1])
    return links or [{name: all[0] for name, all in values.items()}]


def test_the_links_hold_every_pair() -> None:
    values = {"a": [("1",), ("2",)], "b": [("x",), ("y",), ("z",)], "c": [("on",), ("off",)]}
    links = covering(values)
    assert set().union(*map(pairs, links)) == {
        ((one, v), (other, w))
        for one, other in itertools.combinations("abc", 2)
        for v in values[one]
        for w in values[other]
    }
    assert len(links) < 9


@pytest.mark.parametrize("page", PAGES)
def test_no_pair_of_settings_stops_a_page(page: str, open_page: Open, asked_by: Asked) -> None:
    store_peaks()
    store_ladder()
    store_sweep()
    asked = asked_by(open_page, page)
    for link in covering({key: extremes(setting) for key, setting in asked.items()}):
        app = open_page(page, **{name: list(value) for name, value in link.items()})
        assert not app.error, (link, app.error)
