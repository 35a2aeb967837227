"""Makes the fixtures of the service's tests known to pytest; `ipn_bench` declares them."""

from ipn_bench import bench, merchant, stopped

__all__ = ["bench", "merchant", "stopped"]
