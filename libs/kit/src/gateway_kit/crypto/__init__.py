"""Keys, field encryption, signatures and secrets."""
