"""Layer norm of each row: workload and rungs."""
