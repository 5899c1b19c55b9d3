"""The judge: it owns clock, seeds, inputs, reference and verdict; foreign code runs in processes of its own."""
