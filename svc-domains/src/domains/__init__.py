"""Merchants' own checkout domains."""
