"""Rules; plain Python."""
