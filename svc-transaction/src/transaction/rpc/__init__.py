"""Requests over the bus."""
