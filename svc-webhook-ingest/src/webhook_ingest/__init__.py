"""Verifies provider webhooks and stores them durably before the provider gets its answer."""
