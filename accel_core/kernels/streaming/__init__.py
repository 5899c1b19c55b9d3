"""One pass over long vectors (add, scale, triad): workloads, rungs, a public function."""
