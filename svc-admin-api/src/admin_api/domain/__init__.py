"""Rules of tenancy and of the public API; plain Python."""
