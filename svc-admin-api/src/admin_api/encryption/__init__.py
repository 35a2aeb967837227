"""Data keys: key-management services, rotation, destruction."""
