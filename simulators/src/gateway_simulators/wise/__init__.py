"""Wise: incoming transfers, and webhooks signed with a key of the simulator's own."""
