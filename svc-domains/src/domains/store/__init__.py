"""Where domains are kept."""
