"""The same lines under each backend, and what each took."""

from __future__ import annotations

import streamlit as st

from accel_core.backends.chooser import Chooser
from accel_core.backends.crossovers import Crossovers
from accel_core.figures import race_figure
from accel_core.operations import OPERATIONS
from accel_core.readings.crossover import backend_label, race_alt
from accel_core.studies.record import Record
from app.backends.calibration import ONE_S
from app.parts import components, theme
from app.session import drawings, settings

SIDE = settings.Choice(
    "side", "Side n", (2, 8, 32, 128, 512, 1000, 1024, 2048), 512, "Of the square arrays in the code below."
)


def same_code(known: Crossovers, record: Record, operation: str, dtype: str) -> None:
    """The same lines under each backend, and what each took."""
    st.subheader("The same code, another backend", anchor=False)
    left, right = st.columns(2, gap="medium")
    with left:
        side = int(settings.slider(SIDE))
        called = OPERATIONS[operation]
        shape = called.form.square(side)
        second = f"b = np.ones(({side}, {side}), {dtype!r})\n" if len(called.arrays) > 1 else ""
        st.code(
            f"import numpy as np\n"
            f"from accel_core import {operation}, use_backend\n\n"
            f"a = np.ones(({side}, {side}), {dtype!r})\n{second}\n"
            f"c = {called.code}  # by auto\n\n"
            f'with use_backend("compiled"):\n'
            f"    c = {called.code}\n",
            language="python",
        )
        choice = Chooser(lambda: (known, record.machine.cores.allowed)).choose(operation, shape, dtype, "C")
        st.markdown(f"auto takes **{backend_label(choice.backend).title}**, {choice.because}")
        one = {"operations": [operation], "dtypes": [dtype], "lengths": [list(shape)], "budget_s": ONE_S}
        components.job_button("Time this shape", {"kind": "calibrate", **one}, key="one shape")
    found = next((c for c in known.races(operation, dtype) if c.lengths == shape), None)
    with right:
        theme.show(
            drawings.drawn(race_figure, operation, found, theme.current_look(0.6), taken=choice.backend),
            alt=race_alt(operation, found),
            key="race",
            filename=f"comparison-{operation}",
        )
