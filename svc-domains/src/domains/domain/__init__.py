"""What a custom domain is, and when it may be used: plain rules."""
