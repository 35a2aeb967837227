"""Use cases of svc-invoice: one function per file."""
