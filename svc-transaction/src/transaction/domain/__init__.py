"""The rules of payments: plain Python, no input or output."""
