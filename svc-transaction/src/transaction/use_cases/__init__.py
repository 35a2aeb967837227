"""Use cases of the service: one function each."""
