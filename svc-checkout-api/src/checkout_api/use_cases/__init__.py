"""Use cases of a customer, one function per file."""
