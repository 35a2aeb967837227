"""Makes the fixtures of the service's tests known to pytest; `admin_world` and `console_world` declare them."""

from admin_world import api
from console_world import owned

__all__ = ["api", "owned"]
