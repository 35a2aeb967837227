"""Makes the fixtures of the service's tests known to pytest; the modules beside this one declare them."""

from admin_world import api
from console_world import owned
from process_world import running

__all__ = ["api", "owned", "running"]
