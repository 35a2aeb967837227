"""Mail and messages to people: what was sent, settings, templates."""
