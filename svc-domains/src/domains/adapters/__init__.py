"""The outside world: DNS, names, sites."""
