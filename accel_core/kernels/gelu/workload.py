"""Workload gelu: the tanh form of the Gaussian error linear unit on an n x n array, and its ladder."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from accel_core.kernels import late
from accel_core.kernels.counts import flop_of, least_bytes_of
from accel_core.model import Array, Kernel, Lesson, Operator, Parameter, Shape, Workload
from accel_core.model.words import UNIT_ROUNDOFF, WIDTH, WIDTH_IDEA, WIDTHS

if TYPE_CHECKING:
    from accel_core.kernels.gelu import compiled, interpreted
else:
    compiled, interpreted = late("gelu.compiled", "gelu.interpreted")


def _elements(shape: Shape) -> Shape:
    return (math.prod(shape),)


def _make_inputs(shape: Shape, dtype: str, seed: int) -> tuple[NDArray]:
    """x (rows, columns), uniform in [-5, 5): both ends, where tanh is -1 or 1, and the bend between them.

    The first is 4, so that the scale of the result is known: where x < 0, 1 + tanh is a small difference.
    """
    x = np.random.default_rng(seed).uniform(-5.0, 5.0, shape).astype(dtype)
    x.flat[:1] = 4
    return (x,)


def _reference(x: NDArray) -> NDArray:
    """x (rows, columns) -> same shape, float64: the formula. The tests hold it against exact arithmetic.

    A cube that overflows is of an x whose tanh is 1 or -1 all the same.
    """
    x = x.astype(np.float64)
    with np.errstate(over="ignore"):
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)))


def _tolerance(shape: Shape, dtype: str) -> float:
    """16 u, with u the unit roundoff of `dtype`: an error relative to the largest entry, which is at least 4.

    To first order in u, for y = x/2 (1 + tanh a): a is off by at most 6 u |a| (a constant and five roundings),
    which moves y by 3 u |x| |a| (1 - tanh² a), at most 2 u |x|; the tanh is off by 8 u, which moves y by 4 u
    |x|; the sum 1 + tanh a by 2 u, hence y by u |x|; and two products move y by 2 u |y|. Together that is
    9 u |x| <= 45 u, and 16 u times the largest entry is 64 u or more.
    """
    return 16 * UNIT_ROUNDOFF[dtype]


_ONE_LOOP = (Operator("all steps for an element"),)

_KERNELS = (
    Kernel(
        name="named_steps",
        title="NumPy, eight named steps",
        function=interpreted.gelu_named_steps,
        core=interpreted.named_steps,
        family="numpy",
        idea="The formula in eight statements, each of which makes an array.",
        explanation=(
            "Every statement reads its arrays from memory and writes a new one; all eight are alive at the "
            "end. Count the bytes and you expect nine times what one pass over memory takes; what the time is "
            "really spent on, the next rungs tell."
        ),
        typical_flop_per_s=1.5e8,
        operators=(
            Operator("x**3"),
            Operator("CUBIC * cube"),
            Operator("x + scaled", reads=2),
            Operator("ROOT * inner"),
            Operator("tanh(argument)"),
            Operator("1 + tanh"),
            Operator("0.5 * x"),
            Operator("half * plus_one", reads=2),
        ),
        arrays=8,
    ),
    Kernel(
        name="power_expression",
        title="NumPy, one expression with x**3",
        function=interpreted.gelu_power_expression,
        core=interpreted.power_expression,
        family="numpy",
        idea="The steps become one expression, as the formula is printed.",
        explanation=(
            "One expression is not one pass: NumPy computes an operator at a time, and each makes an array. "
            "Some of those nobody needs again and NumPy writes over them, so fewer are alive at once; that "
            "hardly shows in the time. The power is a call of the general function pow for each element."
        ),
        typical_flop_per_s=1.5e8,
        removes="the names that kept arrays alive are gone",
        operators=(
            Operator("0.5 * x"),
            Operator("x**3"),
            Operator("CUBIC * ..."),
            Operator("x + ...", reads=2),
            Operator("ROOT * ..."),
            Operator("tanh(...)"),
            Operator("1 + ..."),
            Operator("... * ...", reads=2),
        ),
        arrays=3,
    ),
    Kernel(
        name="expression",
        title="NumPy, one expression with x*x*x",
        function=interpreted.gelu_expression,
        core=interpreted.expression,
        family="numpy",
        idea="The cube is two multiplications instead of a power.",
        explanation=(
            "As many arrays as before, and one pass over memory more: whatever time is saved was the power's, "
            "not the memory's. A multiplication works on a whole vector of numbers in one instruction."
        ),
        typical_flop_per_s=5e8,
        removes="the power is gone",
        lesson=Lesson(
            "algorithm",
            "what the power in x**3 costs against two multiplications, which take one pass over memory more",
            1000,
        ),
        operators=(
            Operator("0.5 * x"),
            Operator("x * x"),
            Operator("... * x", reads=2),
            Operator("CUBIC * ..."),
            Operator("x + ...", reads=2),
            Operator("ROOT * ..."),
            Operator("tanh(...)"),
            Operator("1 + ..."),
            Operator("... * ...", reads=2),
        ),
        arrays=3,
    ),
    Kernel(
        name="in_place",
        title="NumPy, in place (out=)",
        function=interpreted.gelu_in_place,
        core=interpreted.in_place,
        family="numpy",
        idea="Every step writes into the array of the result, which is given.",
        explanation=(
            "No array is made, so the system need not hand out, clear and take back memory in every call. "
            "There are still nine passes: each operator reads the array and writes it."
        ),
        typical_flop_per_s=5e8,
        writes_out=True,
        removes="the new arrays are gone",
        operators=(
            Operator("x * x"),
            Operator("y *= CUBIC"),
            Operator("y += 1"),
            Operator("y *= x", reads=2),
            Operator("y *= ROOT"),
            Operator("tanh(y)"),
            Operator("y += 1"),
            Operator("y *= 0.5"),
            Operator("y *= x", reads=2),
        ),
    ),
    Kernel(
        name="compiled_tanh",
        title="Compiled loop, tanh of the C library",
        function=compiled.gelu_compiled_tanh,
        core=compiled.compiled_tanh.py_func,
        family="compiled",
        idea="One compiled loop does all steps for an element before it goes on to the next.",
        explanation=(
            "This is fusion: x is read once, the result written once, what lies between stays in registers. It "
            "can still be slower than NumPy in nine passes, because tanh is here a call for each element, and "
            "a loop with a call in it stays scalar, while NumPy's own tanh works on vectors."
        ),
        typical_flop_per_s=4e8,
        writes_out=True,
        removes="all passes but one are gone",
        operators=_ONE_LOOP,
        brings="the tanh is now one number at a time",
    ),
    Kernel(
        name="fused",
        title="Compiled loop, tanh by arithmetic",
        function=compiled.gelu_fused,
        core=compiled.fused.py_func,
        family="compiled",
        idea="The tanh becomes arithmetic: a power of two from a short polynomial, and one division.",
        explanation=(
            "0.5 (1 + tanh u) is 1 / (1 + 2^t) with t = -2 u / ln 2. The whole part of t goes into the "
            "exponent bits of a number, the rest into a polynomial of degree 5 (10 in float64), so the loop "
            "holds nothing but additions, multiplications and a division, and the compiler makes vector "
            "instructions of it. Now the memory is the limit where the array outgrows the caches, and fusion "
            "pays."
        ),
        typical_flop_per_s=5e9,
        parameters=(Parameter(WIDTH, 0, 0, max(WIDTHS), WIDTHS, WIDTH_IDEA, only=True),),
        writes_out=True,
        removes="the tanh of one number at a time is gone",
        operators=_ONE_LOOP,
    ),
    Kernel(
        name="fused_threads",
        title="Compiled loop, tanh by arithmetic, threads",
        function=compiled.gelu_fused_threads,
        core=compiled.forked_fused.py_func,
        family="compiled",
        idea="Each thread runs the same loop over a part of the array.",
        explanation=(
            "One core cannot keep enough loads under way to fill the memory's bandwidth; several can. Handing "
            "the parts over takes microseconds, and more where the threads have gone to sleep, which a small "
            "array does not earn back."
        ),
        typical_flop_per_s=5e9,
        threaded=True,
        writes_out=True,
        removes="the limit of one core is gone",
        operators=_ONE_LOOP,
    ),
)

_AXES = ("rows", "columns")
_LOOPS = """
for i in prange(rows):
    for j in range(columns):
        v = x[i, j]
        u = math.sqrt(2 / math.pi) * (v + 0.044715 * v**3)
        out[i, j] = 0.5 * v * (1 + math.tanh(u))
"""

GELU = Workload(
    name="gelu",
    title="GELU",
    size_means="side of a square array",
    axes=_AXES,
    shape=lambda size: (size, size),
    make_inputs=_make_inputs,
    reference=_reference,
    flop=flop_of("gelu", _elements),
    least_bytes=least_bytes_of("gelu", _elements),
    tolerance=_tolerance,
    kernels=_KERNELS,
    sizes=(32, 64, 128, 256, 512, 1000, 2000, 4000, 6000),
    default_size=2000,
    question="is one expression faster than eight steps, and is a compiled loop faster than NumPy?",
    inputs=(Array("x", _AXES),),
    output=Array("out", _AXES),
    formula="out[i, j] is v / 2 * (1 + tanh(sqrt(2 / pi) * (v + 0.044715 * v^3))) with v = x[i, j]",
    loops=_LOOPS,
)
