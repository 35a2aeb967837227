"""Makes the fixtures of the service's tests known to pytest; `transaction_world` declares them."""

from transaction_world import outcomes, world

__all__ = ["outcomes", "world"]
