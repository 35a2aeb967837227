"""MongoDB: client, unit of work, inbox and outbox."""
