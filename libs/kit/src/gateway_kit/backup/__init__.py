"""Backups: one encrypted file with all databases at one moment and the rendered documents (ADR 0069)."""
