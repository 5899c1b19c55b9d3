"""The ladder of attention, causal or not: its kernels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from accel_core.kernels import late
from accel_core.kernels.counts import moved_bytes_of, moved_text_of
from accel_core.model import Kernel, Shape


def _moves(model: str, model_shape: Callable[[Shape], Shape]) -> dict[str, Any]:
    moved, text = moved_bytes_of(model, model_shape), moved_text_of(model, model_shape)
    return {"moved_bytes": moved, "moved_text": text}


def ladder(name: str, model_shape: Callable[[Shape], Shape]) -> tuple[Kernel, ...]:
    """The rungs of the workload `name`, called `<name>_<how>`; `model_shape` makes the shape of the models of
    what they move."""
    modules: tuple[Any, ...] = late("attention.interpreted", "attention.compiled", "attention.tiles")
    interpreted, compiled, tiles = modules
    names = ("attention_steps", "attention_steps_keys_copied", "attention_tiles_keys_copied")
    stored, copied, fused = (_moves(name, model_shape) for name in names)
    return (
        Kernel(
            name="python_loops",
            title="Python loops",
            function=getattr(interpreted, f"{name}_python_loops"),
            core=interpreted.python_loops,
            family="interpreted",
            idea="The definition, query by query and number by number.",
            explanation=(
                "A query's scores with all keys, their powers, and the mean of the values that these weigh. "
                "The largest score is taken off first, because e^100 is more than a float32 holds. Each step "
                "makes Python objects for single numbers."
            ),
            typical_flop_per_s=1e7,
        ),
        Kernel(
            name="numpy_heads",
            title="NumPy, head by head",
            function=getattr(interpreted, f"{name}_numpy_heads"),
            core=interpreted.numpy_heads,
            family="numpy",
            idea="Each step is done for all queries and keys of a head at once.",
            explanation=(
                "The two products go to the library, which does them as fast as any others. Between them are "
                "seven passes over the scores, keys times queries of a head, each of which reads an array and "
                "most of which make one: as long as these fit in a cache, that is cheap."
            ),
            typical_flop_per_s=1e10,
            threaded=True,
            arrays=1,
            **stored,
        ),
        Kernel(
            name="batched",
            title="NumPy, all heads at once",
            function=getattr(interpreted, f"{name}_batched"),
            core=interpreted.batched,
            family="numpy",
            idea="The loop over heads is gone: each step is one call for all of them.",
            explanation=(
                "Fewer calls, which small heads feel. But the arrays between the steps are as many times "
                "larger as there are heads, and leave the caches so much sooner: less Python is not less work."
            ),
            typical_flop_per_s=1e10,
            threaded=True,
            arrays=3,
            **stored,
        ),
        Kernel(
            name="in_place",
            title="NumPy, softmax in place",
            function=getattr(interpreted, f"{name}_in_place"),
            core=interpreted.in_place,
            family="numpy",
            idea="All steps of the softmax write over the scores.",
            explanation=(
                "One array of scores instead of three at a time, and no new memory after it. The passes are as "
                "many as before."
            ),
            typical_flop_per_s=1e10,
            threaded=True,
            writes_out=True,
            removes="all new arrays of scores but one are gone",
            arrays=1,
            **stored,
        ),
        Kernel(
            name="keys_transposed",
            title="NumPy, keys transposed first",
            function=getattr(interpreted, f"{name}_keys_transposed"),
            core=interpreted.keys_transposed,
            family="numpy",
            idea="The keys are copied into the order in which the product of queries and keys is written.",
            explanation=(
                "The rung before hands over a view that swaps two axes. The library copies its operands into "
                "panels in either order, so it hardly minds; the copy made here is in the time, and small "
                "beside the scores of many more keys than a head has entries."
            ),
            typical_flop_per_s=1e10,
            threaded=True,
            writes_out=True,
            arrays=1,
            **copied,
        ),
        Kernel(
            name="tiles",
            title="Tiles, online softmax",
            function=getattr(compiled, f"{name}_tiles"),
            core=tiles.attend.py_func,
            family="packed",
            idea="Scores are made for a few queries and a tile of keys, used for the result, and forgotten.",
            explanation=(
                "The softmax needs the largest score and the sum of a whole row, which a tile does not know "
                "yet. So both are kept as they are so far, and where a tile brings a larger score, what was "
                "summed before is scaled down (Milakov and Gimelshein, arXiv:1805.02867, 2018; FlashAttention, "
                "Dao et al. 2022). The array of scores is never there: memory grows with the sequence, not "
                "with its square. Keys are copied into panels once, in room that is kept from call to call. "
                "Both products run in the micro-kernel of the packed matrix product, and the power is "
                "arithmetic, as in the compiled softmax. Where it is causal, tiles that no query sees are left "
                "out."
            ),
            typical_flop_per_s=2e10,
            changed_from="in_place",
            needs=("fma",),
            writes_out=True,
            removes="the scores are never stored",
            **fused,
        ),
        Kernel(
            name="tiles_threads",
            title="Tiles, online softmax, threads",
            function=getattr(compiled, f"{name}_tiles_threads"),
            core=tiles.forked_tiles.py_func,
            family="packed",
            idea="Each thread does the same for heads and tiles of queries of its own.",
            explanation=(
                "Queries do not depend on each other, so a head is shared by several threads where there are "
                "more threads than heads. Where it is causal, later queries see more keys: threads get tiles "
                "by what these cost, not by their number. A single query is one thread's work for each head."
            ),
            typical_flop_per_s=2e10,
            threaded=True,
            needs=("fma",),
            writes_out=True,
            removes="the limit of one core is gone",
            **fused,
        ),
    )
