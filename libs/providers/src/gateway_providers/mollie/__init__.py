"""Mollie: hosted checkout, webhooks that only hint."""
