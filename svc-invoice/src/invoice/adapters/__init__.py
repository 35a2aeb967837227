"""Encryption of parties, tenants' settings, the PDF renderer."""
