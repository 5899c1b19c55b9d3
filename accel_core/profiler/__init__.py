"""SimpleProfiler: time, CPU and memory of one function, as a dictionary with the names that teaching material
uses (the SimpleProfiler of TinyTorch, github.com/MLSysBook/TinyTorch, and measure_latency of its later
Profiler).

What is in it, and how it was obtained:

| key | meaning |
|---|---|
| `name` | as given, else the function's own |
| `wall_time` | seconds of one call: median of `n` samples of at least 1 ms |
| `interval` | (low, high) of its 95 % interval; None under six samples |
| `n`, `repetitions` | samples, and calls in each |
| `cpu_time` | CPU seconds of one call, of all threads of this process |
| `cpu_efficiency` | share of all cores it kept busy: CPU time / (wall time x `cores`), 0 to 1 |
| `cores` | that this process may use (affinity and quota) |
| `cpu_percent` | CPU time / wall time, in percent of one core |
| `memory_percent`, `num_threads` | resident memory of this process as a share of the machine's; its threads |
| `result` | what the function returned |
| `memory_before_mb`, `memory_after_mb` | resident memory before and after one call whose result is kept |
| `memory_delta_mb` | the difference: what stays, the result included |
| `peak_memory_mb` | greatest extra memory during one call, the result included, of Python and NumPy |
| `result_shape`, `result_dtype`, `result_size_mb`, `result_elements` | of an array, None of anything else |
| `flop`, `flop_per_s` | where a workload or a count was given |

An MB is 2**20 bytes here, as in the material that these names come from.
"""

from accel_core.profiler.profiling import SimpleProfiler, measure_latency, profile_function
from accel_core.profiler.work import flop_count

__all__ = ["SimpleProfiler", "flop_count", "measure_latency", "profile_function"]
