"""Templates: what they may do, the default ones, and their texts by language."""
