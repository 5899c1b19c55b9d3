"""What packs are checked for: accidents and laziness, not a determined forger."""
