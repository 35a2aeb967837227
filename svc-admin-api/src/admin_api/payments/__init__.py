"""Requests about payments, answered by their owners; the merchant's clients."""
