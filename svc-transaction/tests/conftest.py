"""Makes the fixtures of the service's tests known to pytest; `transaction_world` declares them."""

from transaction_world import memory_world, outcomes, world

__all__ = ["memory_world", "outcomes", "world"]
