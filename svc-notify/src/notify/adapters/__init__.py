"""Mail, Slack, templates and encryption."""
