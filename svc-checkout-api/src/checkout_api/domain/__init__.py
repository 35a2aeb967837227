"""Rules of the customer's side, without I/O."""
