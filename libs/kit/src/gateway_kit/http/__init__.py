"""The HTTP edge: middlewares, error rendering, outbound client."""
