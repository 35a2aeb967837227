"""Rate limits: token buckets in memory that all instances of a service keep in step."""
