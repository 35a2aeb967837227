"""Deliveries and queues in MongoDB."""
