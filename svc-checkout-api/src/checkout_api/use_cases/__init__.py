"""What a customer can do, one function per file."""
