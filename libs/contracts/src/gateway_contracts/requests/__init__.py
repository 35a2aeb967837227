"""Request and reply types, one module per owning service."""
