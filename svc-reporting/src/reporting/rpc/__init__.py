"""Requests on the bus."""
