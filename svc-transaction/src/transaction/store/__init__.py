"""MongoDB: documents, and the only place where a query is written."""
