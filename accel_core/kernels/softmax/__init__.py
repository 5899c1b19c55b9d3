"""Softmax of each row: workload and rungs."""
