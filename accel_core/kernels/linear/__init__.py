"""A linear layer: workload and rungs."""
