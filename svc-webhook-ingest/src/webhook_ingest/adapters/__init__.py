"""The ports over configuration bucket, keyring and stream."""
