"""Explanations: why a payment stands as it does, as one tree of causes (ADR 0064)."""
