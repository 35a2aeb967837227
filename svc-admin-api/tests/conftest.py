"""Makes the fixtures of the service's tests known to pytest; `admin_world` declares them."""

from admin_world import api

__all__ = ["api"]
