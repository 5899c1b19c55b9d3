"""The simulator: what each level holds, in plain arrays, and the compiled functions that work on them."""
