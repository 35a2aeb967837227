"""Requests of other services."""
