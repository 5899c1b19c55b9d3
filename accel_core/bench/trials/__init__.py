"""Mistakes of measuring, made on purpose beside the right way: a file a mistake, each with a `trial`."""
