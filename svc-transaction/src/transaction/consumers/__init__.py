"""Messages from streams."""
