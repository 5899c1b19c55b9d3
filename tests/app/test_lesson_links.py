"""Where a lesson sends its reader: settings that the page knows, and takes as they are."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from accel_core import registry
from accel_core.intensity import model
from accel_core.lessons import LESSONS, Lesson
from accel_core.machine import detect
from accel_core.transformer import preset
from app.fusion import rungs, streams
from app.lab import sweep
from app.ladder import rung
from app.parts import answers
from app.roofline import calculator, controls
from app.session import settings
from app.transformer import controls as blocks


def ladder(asked: dict[str, str]) -> Iterable[settings.Setting]:
    names = tuple(workload.name for workload in registry.WORKLOADS)
    workload = registry.workload(asked.get("workload", names[0]))
    shared = answers.controls(detect(), workload).values()
    return settings.Choice("workload", "", names, names[0]), rung.choice(workload), *shared


def lab(asked: dict[str, str]) -> Iterable[settings.Setting]:
    return *sweep.controls(detect()).values(), sweep.KERNELS


def fusion(asked: dict[str, str]) -> Iterable[settings.Setting]:
    workload = registry.workload(asked.get("workload", "gelu"))
    own = rungs.controls(detect(), workload).values()
    return rungs.WORKLOAD, *own, *streams.controls(detect()).values()


def roofline(asked: dict[str, str]) -> Iterable[settings.Setting]:
    fields = calculator.axes(model(asked["model"])) if "model" in asked else ()
    return calculator.MODEL, calculator.CONVENTION, *fields, *controls.controls(detect()).values()


def transformer(asked: dict[str, str]) -> Iterable[settings.Setting]:
    base = preset(asked["preset"])
    return blocks.PRESET, *blocks.settings_of(detect(), base)


PAGES = {
    "ladder": ladder,
    "lab": lab,
    "fusion": fusion,
    "roofline": roofline,
    "transformer": transformer,
}


@pytest.mark.parametrize("one", [one for one in LESSONS if one.look.page in PAGES], ids=lambda one: one.name)
def test_a_lesson_ends_at_a_page_that_takes_its_settings_as_they_are(one: Lesson) -> None:
    asked = dict(one.look.settings)
    known = {setting.key: setting for setting in PAGES[one.look.page](asked)}
    for key, value in asked.items():
        kept, note = known[key].admit([value])
        assert kept == [value] and note is None
