"""Used by every context: audit, idempotency, actors and scopes, pages, shapes."""
