"""The raw request that hands a webhook over."""
