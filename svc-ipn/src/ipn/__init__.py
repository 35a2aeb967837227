"""Signed notifications to merchants."""
