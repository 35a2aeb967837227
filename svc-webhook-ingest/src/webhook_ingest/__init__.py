"""Verifies provider webhooks and stores them durably."""
