"""What svc-invoice does: one function per file."""
