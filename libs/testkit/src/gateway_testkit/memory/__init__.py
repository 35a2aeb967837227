"""The in-memory twin of the persistence kernel: use cases run against it without servers.

It stores BSON, so a value comes back as MongoDB returns it. `gateway_testkit.store_conformance` proves that both behave
alike; what the twin does not know is refused, not guessed.
"""
