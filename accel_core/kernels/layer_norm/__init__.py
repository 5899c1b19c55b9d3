"""Layer norm of each row: workload and rungs."""

EPS = 1e-5
