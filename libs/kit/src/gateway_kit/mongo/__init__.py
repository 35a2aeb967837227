"""MongoDB: client, stores of the persistence kernel, unit of work, inbox and outbox."""
