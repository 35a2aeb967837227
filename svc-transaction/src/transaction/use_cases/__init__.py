"""What the service can be asked to do: one function each."""
