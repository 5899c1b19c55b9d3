"""Convolution of images: workload and rungs."""
