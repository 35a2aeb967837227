"""What HTML pages of all API services share: static files, and amounts and moments of a locale."""
