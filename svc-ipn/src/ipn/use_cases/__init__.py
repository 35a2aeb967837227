"""One use case, one function."""
