"""The collections of the service with their named queries, each a store of the persistence kernel (ADR 0057)."""
