"""What a picture says, without drawing it: readings, alt texts and rows, one file a subject."""
