"""Rules of a custom domain: its states, and when it may be used."""
