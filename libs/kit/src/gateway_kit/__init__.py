"""Infrastructure shared by all services: unit of work, bus, keys, HTTP edge, tracing."""
