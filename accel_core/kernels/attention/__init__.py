"""Attention, causal or not: workloads, rungs, tiles and their lengths."""
