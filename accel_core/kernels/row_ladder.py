"""Workloads whose operation takes each row of an n x n array by itself, with the ladder that they share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Array, Kernel, Operator, Shape, Workload

_ONE_LOOP = (Operator("all steps for a row, which a cache holds"),)
AXES = ("rows", "columns")
SIZES = (32, 64, 128, 256, 512, 1000, 2000, 4000)


def row_workload(
    name: str,
    title: str,
    size_means: str,
    make_inputs: Callable[[Shape, str, int], tuple[Any, ...]],
    reference: Callable[..., Any],
    tolerance: Callable[[Shape, str], float],
    whys: tuple[str, str, str, str],
    loops_flop_per_s: float,
    passes: tuple[Operator, ...],
    passes_in_place: tuple[Operator, ...],
    arrays: int,
    parameters: tuple[str, ...],
    formula: str,
    loops: str,
) -> Workload:
    """The workload `name`, its rungs called `<name>_<how>`.

    `whys` explain what differs by operation: the loops, NumPy's passes, those in place, and the compiled rows.
    `passes` are NumPy's, which hold so many `arrays` at once. Besides the rows `x` it takes `parameters`, one
    number for each column.
    """
    return Workload(
        name=name,
        title=title,
        size_means=size_means,
        axes=AXES,
        shape=lambda size: (size, size),
        make_inputs=make_inputs,
        reference=reference,
        flop=flop_of(name),
        least_bytes=least_bytes_of(name),
        tolerance=tolerance,
        kernels=_kernels(name, whys, loops_flop_per_s, passes, passes_in_place, arrays),
        sizes=SIZES,
        default_size=1000,
        inputs=(Array("x", AXES), *(Array(one, AXES[1:]) for one in parameters)),
        output=Array("out", AXES),
        formula=formula,
        loops=loops,
    )


def _kernels(
    name: str,
    whys: tuple[str, str, str, str],
    loops_flop_per_s: float,
    passes: tuple[Operator, ...],
    passes_in_place: tuple[Operator, ...],
    arrays: int,
) -> tuple[Kernel, ...]:
    modules: tuple[Any, ...] = late(f"{name}.interpreted", f"{name}.compiled")
    interpreted, compiled = modules
    return (
        Kernel(
            name="python_loops",
            title="Python loops",
            function=getattr(interpreted, f"{name}_python_loops"),
            core=interpreted.python_loops,
            family="interpreted",
            idea="The definition, row by row and element by element.",
            explanation=whys[0],
            typical_flop_per_s=loops_flop_per_s,
        ),
        Kernel(
            name="numpy",
            title="NumPy, one expression a step",
            function=getattr(interpreted, f"{name}_numpy"),
            core=interpreted.expression,
            family="numpy",
            idea="Each step is done for the whole array at once.",
            explanation=whys[1],
            typical_flop_per_s=3e8,
            operators=passes,
            arrays=arrays,
        ),
        Kernel(
            name="in_place",
            title="NumPy, in place (out=)",
            function=getattr(interpreted, f"{name}_in_place"),
            core=interpreted.in_place,
            family="numpy",
            idea="Every step writes into the array of the result, which is given.",
            explanation=whys[2],
            typical_flop_per_s=3e8,
            writes_out=True,
            removes="the new arrays are gone",
            operators=passes_in_place,
        ),
        Kernel(
            name="compiled",
            title="Compiled loops",
            function=getattr(compiled, f"{name}_compiled"),
            core=compiled.compiled.py_func,
            family="compiled",
            idea="All steps are done for one row before the next row is touched.",
            explanation=whys[3],
            typical_flop_per_s=2e9,
            writes_out=True,
            removes="all passes over memory but one are gone",
            operators=_ONE_LOOP,
        ),
        Kernel(
            name="compiled_threads",
            title="Compiled loops, threads",
            function=getattr(compiled, f"{name}_compiled_threads"),
            core=compiled.forked_rows.py_func,
            family="compiled",
            idea="Each thread does the same for rows of its own.",
            explanation="Rows do not depend on each other, so they may be done at once.",
            typical_flop_per_s=2e9,
            threaded=True,
            writes_out=True,
            removes="the limit of one core is gone",
            operators=_ONE_LOOP,
        ),
    )
