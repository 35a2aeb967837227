"""Rules of accepting a webhook."""
