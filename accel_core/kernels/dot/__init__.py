"""The dot product of two vectors: workload and rungs."""
