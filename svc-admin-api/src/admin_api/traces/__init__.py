"""Traces: spans of the last hour across services, for those who run the installation (ADR 0018)."""
