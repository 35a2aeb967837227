"""Organizations, sites with their domains, provider accounts, API keys."""
