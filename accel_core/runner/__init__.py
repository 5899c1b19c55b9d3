"""One benchmark at a time on the host, in a process of its own: queue, progress, cancel, crash.

job = submit({"kind": "bench", "cases": [{"kernel": "matmul/numpy", "size": 512}]}, owner="a session")
job.state, job.progress, job.results, job.error
"""

from accel_core.runner.job import Job, Progress
from accel_core.runner.submitting import close, find, latest, run, submit

__all__ = ["Job", "Progress", "close", "find", "latest", "run", "submit"]
