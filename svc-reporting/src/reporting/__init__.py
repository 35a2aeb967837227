"""Figures of organizations, counted from events of other services."""
