"""Makes the fixtures of the service's tests known to pytest; `checkout_world` declares them."""

from checkout_world import make_world, page_cookie, payer_cookie, world

__all__ = ["make_world", "page_cookie", "payer_cookie", "world"]
