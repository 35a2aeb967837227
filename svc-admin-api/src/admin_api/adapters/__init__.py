"""Everything else behind the ports."""
