"""Requests of the API services."""
