"""HTTP, signatures and the dispatcher."""
