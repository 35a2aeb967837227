"""One thing that a caller wants, one function each."""
