"""Mollie: hosted checkout, webhooks that are thin events."""
