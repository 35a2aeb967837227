"""HTTP in front of the contexts: who calls, the ports of all contexts, idempotent requests, route class."""
