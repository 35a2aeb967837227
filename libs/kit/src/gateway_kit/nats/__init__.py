"""NATS: connection, requests, consumers, relay, configuration bucket, documents, topology."""
