"""What pages ask and answer without drawing it."""
