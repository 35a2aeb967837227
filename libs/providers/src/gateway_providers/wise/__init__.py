"""Wise: bank transfers to account details at Wise, reported by signed thin events."""
