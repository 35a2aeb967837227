"""Deliveries and lanes in MongoDB."""
